#include "tests/bench/proc_figures.h"

#include <dirent.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace hob {
namespace bench {
namespace {

constexpr absl::Duration kQuiet = absl::Milliseconds(100);
// The processor time of a sleeping thread, at most; nanoseconds. Any work takes more.
constexpr int64_t kNextToNothing = 50'000;

// Returns the contents of a file; empty if it cannot be read.
std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Returns the number behind `key` at the beginning of a line of `text`; 0 if there is no such line.
int64_t NumberAt(const std::string& text, absl::string_view key) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, key)) continue;
    int64_t number = 0;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line.substr(key.size()), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (!words.empty() && absl::SimpleAtoi(words[0], &number)) return number;
  }
  return 0;
}

// True if a thread of this name belongs to gRPC; all other threads have the program's name.
bool IsGrpcThread(const std::string& name) {
  for (absl::string_view prefix : {"grpc", "default-exec", "resolver-exec", "timer_manager",
                                   "nexting_thread", "event_engine"}) {
    if (absl::StartsWith(name, prefix)) return true;
  }
  return false;
}

void AddThread(const std::string& directory, ThreadUse* use) {
  // schedstat: time on a processor, time waiting for one, number of times scheduled.
  const std::string schedule = Read(directory + "/schedstat");
  const std::vector<absl::string_view> words =
      absl::StrSplit(schedule, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  int64_t cpu = 0;
  int64_t times = 0;
  if (words.size() < 3 || !absl::SimpleAtoi(words[0], &cpu) ||
      !absl::SimpleAtoi(words[2], &times)) {
    return;
  }
  ThreadUse::Share& share = IsGrpcThread(Read(directory + "/comm")) ? use->grpc : use->supervision;
  share.cpu += cpu;
  share.wakeups += times;
}

}  // namespace

absl::StatusOr<int64_t> ProportionalMemory(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/smaps_rollup");
  const int64_t kibibytes = NumberAt(Read(path), "Pss:");
  if (kibibytes == 0) return absl::NotFoundError(path);
  return kibibytes * 1024;
}

absl::StatusOr<ThreadUse> UseOfThreads(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/task");
  const std::unique_ptr<DIR, int (*)(DIR*)> threads(opendir(path.c_str()), &closedir);
  if (threads == nullptr) return absl::NotFoundError(path);
  ThreadUse use;
  while (const dirent* thread = readdir(threads.get())) {
    if (thread->d_name[0] != '.') AddThread(absl::StrCat(path, "/", thread->d_name), &use);
  }
  return use;
}

absl::Status WaitUntilQuiet(pid_t pid, absl::Duration timeout) {
  int64_t before = -1;
  for (absl::Duration waited; waited < timeout; waited += kQuiet) {
    const absl::StatusOr<ThreadUse> use = UseOfThreads(pid);
    if (!use.ok()) return use.status();
    if (before >= 0 && use->cpu() - before <= kNextToNothing) return absl::OkStatus();
    before = use->cpu();
    absl::SleepFor(kQuiet);
  }
  return absl::DeadlineExceededError(
      absl::StrCat("process ", pid, " does not rest within ", absl::FormatDuration(timeout)));
}

}  // namespace bench
}  // namespace hob
