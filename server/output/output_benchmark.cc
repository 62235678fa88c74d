// Measures how fast the output of daemons reaches their logs, compared with cat(1) on the same
// FIFO:
//
//   bazel run --config=release //server/output:output_benchmark [-- LINES]
//
// First one writer of LINES (default 1,000,000) lines of 100 bytes, in blocks as stdio writes them
// and line by line, with rotation and compression on; then 100 writers at once for ten seconds,
// each with its own thread, like a daemon.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/output/log_reader.h"
#include "server/output/log_store.h"
#include "server/output/output_pump.h"

extern char** environ;

namespace hob {
namespace {

constexpr int kLineLength = 100;
constexpr int kRounds = 5;
constexpr int kWriters = 100;
constexpr absl::Duration kFairnessTime = absl::Seconds(10);

void Check(bool holds, const char* what) {
  if (holds) return;
  perror(what);
  exit(1);
}

std::string Line(int64_t number) {
  std::string line = absl::StrFormat("%012d", number);
  line.resize(kLineLength - 1, '.');
  return line + "\n";
}

// Runs the child: writes `count` lines (below 0: forever), `block` bytes a write. `mode` is the
// open mode of the FIFO: for cat, which waits for EOF, the child must be the only writer.
[[noreturn]] void WriteLines(const char* path, int mode, int64_t count, size_t block) {
  const int fifo = open(path, mode);
  Check(fifo >= 0, path);
  std::string pending;
  for (int64_t number = 0; number != count; ++number) {
    pending += Line(number);
    if (pending.size() < block && number + 1 != count) continue;
    Check(write(fifo, pending.data(), pending.size()) == pending.size(), "write");
    pending.clear();
  }
  _exit(0);
}

pid_t Spawn(const std::vector<std::string>& words, int out = -1, int in = -1) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t pid;
  Check(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0, argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

pid_t SpawnWriter(const std::string& fifo, int mode, int64_t count, int64_t block) {
  return Spawn({"/proc/self/exe", "--write", fifo, absl::StrCat(mode), absl::StrCat(count),
                absl::StrCat(block)});
}

void AwaitEnd(pid_t pid) {
  int status;
  Check(waitpid(pid, &status, 0) == pid && status == 0, "a child");
}

// A directory that is removed with the object, on disk as logs would be, not in memory.
class Directory {
 public:
  Directory() { Check(mkdtemp(&path_[0]) != nullptr, "mkdtemp"); }
  ~Directory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/var/tmp/output_benchmark_XXXXXX";
};

absl::Duration TimeCat(int64_t lines, int64_t block) {
  const Directory directory;
  const std::string fifo = directory.path() + "/fifo";
  Check(mkfifo(fifo.c_str(), 0600) == 0, "mkfifo");
  const int out = open((directory.path() + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  const absl::Time begin = absl::Now();
  const pid_t writer = SpawnWriter(fifo, O_WRONLY, lines, block);
  const int in = open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  const pid_t cat = Spawn({"/bin/cat"}, out, in);
  close(in);
  AwaitEnd(writer);
  AwaitEnd(cat);
  const absl::Duration took = absl::Now() - begin;
  close(out);
  return took;
}

// Does what a worker does with a pump, until `ended` is set and nothing is left.
void Pump(OutputPump& pump, const std::atomic<bool>& ended) {
  std::vector<pollfd> fds;
  while (true) {
    const bool last = ended;
    const int64_t before = pump.moved();
    pump.Look();
    if (last && pump.moved() == before) return;
    fds.clear();
    pump.AppendPollFds(fds);
    const absl::Duration wait = pump.NextDeadline() - Clock::Real().Now().monotonic;
    const timespec timeout =
        absl::ToTimespec(std::clamp(wait, absl::ZeroDuration(), absl::Milliseconds(10)));
    ppoll(fds.data(), fds.size(), &timeout, nullptr);
  }
}

// True if the log holds every line once, in order and complete.
void CheckLog(LogStore& store, int64_t lines) {
  LogReader reader(store.Find("web", OutputStream::kStdout));
  reader.StartAt({store.Find("web", OutputStream::kStdout)->Oldest(), 0});
  int64_t number = 0;
  std::string rest;
  while (const auto piece = reader.Next(1 << 20)) {
    rest += piece->data;
    size_t begin = 0;
    for (; rest.size() - begin >= kLineLength; begin += kLineLength) {
      if (rest.compare(begin, kLineLength, Line(number++)) != 0) {
        absl::PrintF("LOST OR TORN: line %d\n", number);
        exit(1);
      }
    }
    rest.erase(0, begin);
  }
  if (number != lines || !rest.empty()) {
    absl::PrintF("LOST: %d of %d lines are there\n", number, lines);
    exit(1);
  }
}

absl::Duration TimePump(int64_t lines, int64_t block, int64_t max_bytes) {
  const Directory directory;
  LogStore store({directory.path(), directory.path()});
  OutputPump pump("web", OutputStream::kStdout, store, Clock::Real());
  LogWriter::Limits limits;
  limits.max_bytes = max_bytes;
  limits.backups = 1000;
  pump.SetLimits(limits);
  Check(pump.Open(geteuid(), getegid()) == 0, "the FIFO");
  std::atomic<bool> ended = false;
  const absl::Time begin = absl::Now();
  std::thread worker([&] { Pump(pump, ended); });
  AwaitEnd(SpawnWriter(store.FifoPathOf("web", OutputStream::kStdout), O_RDWR, lines, block));
  ended = true;
  worker.join();
  const absl::Duration took = absl::Now() - begin;
  CheckLog(store, lines);
  return took;
}

absl::Duration Median(std::vector<absl::Duration> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// Returns the current resident memory of this process.
int64_t MemoryKib() {
  int64_t pages = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

void CompareWithCat(int64_t lines, int64_t block, int64_t max_bytes, const char* how) {
  std::vector<absl::Duration> cat;
  std::vector<absl::Duration> pump;
  // Measured after the first round, in which the allocator takes memory that it reuses later.
  int64_t memory = 0;
  for (int round = 0; round < kRounds; ++round) {
    if (round == 1) memory = MemoryKib();
    cat.push_back(TimeCat(lines, block));
    pump.push_back(TimePump(lines, block, max_bytes));
  }
  const auto [least, most] = std::minmax_element(pump.begin(), pump.end());
  absl::PrintF(
      "%d lines %s, none lost or torn: cat %.3f s, hob %.3f s (%.3f to %.3f), ratio %.2f\n", lines,
      how, absl::ToDoubleSeconds(Median(cat)), absl::ToDoubleSeconds(Median(pump)),
      absl::ToDoubleSeconds(*least), absl::ToDoubleSeconds(*most),
      absl::FDivDuration(Median(pump), Median(cat)));
  absl::PrintF("  memory after one round: %d KiB, after %d: %d KiB\n", memory, kRounds,
               MemoryKib());
}

// Returns how many bytes were written to each of `logs`.
std::vector<int64_t> Written(const std::vector<std::shared_ptr<LogFiles>>& logs) {
  std::vector<int64_t> written;
  for (const auto& log : logs) {
    const LogReader::Position end = LogReader(log).End();
    written.push_back(log->StartOf(end.sequence).value_or(0) + end.offset);
  }
  return written;
}

void ShowFairness() {
  const Directory directory;
  LogStore store({directory.path(), directory.path()});
  std::vector<std::unique_ptr<OutputPump>> pumps;
  std::vector<std::shared_ptr<LogFiles>> logs;
  std::vector<std::thread> workers;
  std::vector<pid_t> writers;
  std::atomic<bool> ended = false;
  LogWriter::Limits limits;
  limits.backups = 1;
  for (int i = 0; i < kWriters; ++i) {
    const std::string name = absl::StrCat("web", i);
    pumps.push_back(
        std::make_unique<OutputPump>(name, OutputStream::kStdout, store, Clock::Real()));
    pumps.back()->SetLimits(limits);
    Check(pumps.back()->Open(geteuid(), getegid()) == 0, "the FIFO");
    logs.push_back(store.Find(name, OutputStream::kStdout));
    workers.emplace_back([&ended, pump = pumps.back().get()] { Pump(*pump, ended); });
    writers.push_back(SpawnWriter(store.FifoPathOf(name, OutputStream::kStdout), O_RDWR, -1, 4096));
  }
  absl::SleepFor(absl::Seconds(1));
  const std::vector<int64_t> before = Written(logs);
  absl::SleepFor(kFairnessTime);
  std::vector<int64_t> moved = Written(logs);
  for (int i = 0; i < kWriters; ++i) moved[i] -= before[i];
  for (pid_t writer : writers) kill(writer, SIGKILL);
  for (pid_t writer : writers) waitpid(writer, nullptr, 0);
  ended = true;
  for (std::thread& worker : workers) worker.join();
  const auto [least, most] = std::minmax_element(moved.begin(), moved.end());
  absl::PrintF("%d writers at once, %s: %.1f to %.1f MB each, factor %.2f\n", kWriters,
               absl::FormatDuration(kFairnessTime), *least / 1e6, *most / 1e6,
               static_cast<double>(*most) / std::max<int64_t>(*least, 1));
}

}  // namespace
}  // namespace hob

int main(int argc, char** argv) {
  int mode;
  int64_t count;
  int64_t block;
  if (argc == 6 && strcmp(argv[1], "--write") == 0 && absl::SimpleAtoi(argv[3], &mode) &&
      absl::SimpleAtoi(argv[4], &count) && absl::SimpleAtoi(argv[5], &block)) {
    hob::WriteLines(argv[2], mode, count, block);
  }
  int64_t lines = 1'000'000;
  if (argc > 2 || (argc == 2 && !absl::SimpleAtoi(argv[1], &lines))) {
    fprintf(stderr, "usage: output_benchmark [LINES]\n");
    return 2;
  }
  constexpr int64_t kUsualLog = 10'000'000;
  hob::CompareWithCat(lines, 4096, kUsualLog, "in blocks of 4 KiB");
  hob::CompareWithCat(lines, 1, kUsualLog, "line by line");
  // Blocks as large as the pipe keep it full, and a small log rotates constantly.
  hob::CompareWithCat(lines, 65536, 1'000'000, "in blocks of 64 KiB, log_max_bytes = 1MB");
  hob::ShowFairness();
}
