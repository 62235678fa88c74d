#include "server/journal/journal.h"

#include <glog/logging.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace hob {
namespace {

// 4 MiB of lines (RELIABILITY F57).
constexpr int64_t kMaxQueuedBytes = 4 << 20;
// What a line costs beyond its characters.
constexpr int64_t kLineOverhead = 64;
constexpr std::chrono::seconds kLongestFarewell{1};

// JOURNAL_STREAM names the device and inode of the stream that systemd made; stderr may have been
// led elsewhere since (systemd.exec(5)).
bool StderrIsReadBySystemd() {
  const char* stream = getenv("JOURNAL_STREAM");
  struct stat status;
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         stream == absl::StrCat(status.st_dev, ":", status.st_ino);
}

}  // namespace

void Journal::InitLog(const char* program) {
  // Every flag that glog takes from GLOG_* variables before main() begins, and that would lead our
  // lines elsewhere or keep them back.
  FLAGS_logtostderr = true;
  FLAGS_logtostdout = false;
  FLAGS_alsologtostderr = false;
  FLAGS_colorlogtostderr = false;
  FLAGS_log_prefix = false;
  FLAGS_minloglevel = google::GLOG_INFO;
  FLAGS_v = 0;
  google::InitGoogleLogging(program);
}

Journal::Journal(const Clock& clock)
    : queue_(std::make_shared<Queue>(clock)), writer_([queue = queue_] { WriteLines(*queue); }) {}

bool Journal::End() {
  std::unique_lock<std::mutex> lock(queue_->mu);
  queue_->ending = true;
  queue_->changed.notify_all();
  return queue_->changed.wait_for(lock, kLongestFarewell, [this] { return queue_->written; });
}

Journal::~Journal() {
  if (End()) {
    writer_.join();
  } else {
    // The thread hangs in a write to a pipe that nobody reads; it ends with the process. To join it
    // would be to wait for ever.
    writer_.detach();
  }
}

int64_t Journal::dropped() const {
  const std::lock_guard<std::mutex> lock(queue_->mu);
  return queue_->dropped;
}

void Journal::Add(Severity severity, std::string line) {
  const std::lock_guard<std::mutex> lock(queue_->mu);
  Enqueue(*queue_, severity, std::move(line));
}

void Journal::Add(Severity severity, Topic topic, std::string line) {
  const std::string key = absl::StrCat(topic.subject, " ", topic.event);
  const std::lock_guard<std::mutex> lock(queue_->mu);
  const MonotonicTime now = queue_->clock.Now().monotonic;
  TellLeftOut(*queue_, queue_->repeats.TakeOver(now));
  const bool was_due = queue_->repeats.NextDue() != MonotonicTime::InfiniteFuture();
  if (queue_->repeats.Admit(key, now, line)) {
    Enqueue(*queue_, severity, std::move(line));
  } else if (!was_due) {
    // The writer learns when it has to tell what was left out.
    queue_->changed.notify_one();
  }
}

void Journal::Enqueue(Queue& queue, Severity severity, std::string line) {
  const int64_t cost = line.size() + kLineOverhead;
  if (queue.bytes + cost > kMaxQueuedBytes) {
    ++queue.dropped;
    ++queue.dropped_unsaid;
    return;
  }
  queue.bytes += cost;
  queue.lines.push_back({severity, queue.clock.Now().wall, std::move(line)});
  queue.changed.notify_one();
}

void Journal::TellLeftOut(Queue& queue, const std::vector<RepeatLimit::LeftOut>& left_out) {
  for (const RepeatLimit::LeftOut& repeats : left_out) {
    Enqueue(
        queue, Severity::kWarning,
        absl::StrCat(repeats.lines, " lines were left out within ",
                     absl::FormatDuration(RepeatLimit::kWindow), ", such as: ", repeats.example));
  }
}

void Journal::WriteLines(Queue& queue) {
  const bool to_systemd = StderrIsReadBySystemd();
  while (true) {
    const std::deque<Line> lines = TakeLines(queue);
    if (lines.empty()) break;
    for (const Line& line : lines) Write(line, to_systemd);
  }
  const std::lock_guard<std::mutex> lock(queue.mu);
  queue.written = true;
  queue.changed.notify_all();
}

std::deque<Journal::Line> Journal::TakeLines(Queue& queue) {
  std::unique_lock<std::mutex> lock(queue.mu);
  do {
    WaitForWork(queue, lock);
    TellLeftOut(queue, queue.ending ? queue.repeats.TakeAll()
                                    : queue.repeats.TakeOver(queue.clock.Now().monotonic));
  } while (!queue.has_work());
  std::deque<Line> lines = std::exchange(queue.lines, {});
  queue.bytes = 0;
  if (queue.dropped_unsaid > 0) {
    lines.push_back(
        {Severity::kWarning, queue.clock.Now().wall,
         absl::StrCat(queue.dropped_unsaid,
                      " log lines were dropped here: whoever reads this log did not keep up")});
    queue.dropped_unsaid = 0;
  }
  return lines;
}

void Journal::WaitForWork(Queue& queue, std::unique_lock<std::mutex>& lock) {
  while (!queue.has_work()) {
    const MonotonicTime due = queue.repeats.NextDue();
    if (due == MonotonicTime::InfiniteFuture()) {
      queue.changed.wait(lock);
      continue;
    }
    const absl::Duration wait = due - queue.clock.Now().monotonic;
    if (wait <= absl::ZeroDuration()) return;
    queue.changed.wait_for(lock, absl::ToChronoNanoseconds(wait));
  }
}

void Journal::Write(const Line& line, bool to_systemd) {
  const std::string time =
      to_systemd ? "" : absl::FormatTime("%Y-%m-%d %H:%M:%E3S ", line.time, absl::LocalTimeZone());
  // A priority holds to the end of its line (sd-daemon(3)).
  for (absl::string_view text : absl::StrSplit(line.text, '\n')) {
    switch (line.severity) {
      case Severity::kInfo:
        LOG(INFO) << (to_systemd ? "<6>" : time) << text;
        break;
      case Severity::kWarning:
        LOG(WARNING) << (to_systemd ? "<4>" : time + "WARNING ") << text;
        break;
      case Severity::kError:
        LOG(ERROR) << (to_systemd ? "<3>" : time + "ERROR ") << text;
        break;
    }
  }
}

}  // namespace hob
