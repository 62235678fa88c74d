#include "server/journal/journal.h"

#include <glog/logging.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace hob {
namespace {

// 4 MiB of lines (RELIABILITY F57).
constexpr int64_t kMaxQueuedBytes = 4 << 20;
// What a line costs beyond its characters.
constexpr int64_t kLineOverhead = 64;
constexpr absl::Duration kLongestFarewell = absl::Seconds(1);

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

Journal::Journal()
    : queue_(std::make_shared<Queue>()), writer_([queue = queue_] { WriteLines(*queue); }) {}

bool Journal::End() {
  absl::MutexLock lock(&queue_->mu);
  queue_->ending = true;
  // Nothing that is supervised depends on this wait; a clock that is set meanwhile makes it shorter
  // or longer.
  return queue_->mu.AwaitWithTimeout(absl::Condition(&queue_->written), kLongestFarewell);
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
  absl::MutexLock lock(&queue_->mu);
  return queue_->dropped;
}

void Journal::Add(Severity severity, std::string line) {
  absl::MutexLock lock(&queue_->mu);
  const int64_t cost = line.size() + kLineOverhead;
  if (queue_->bytes + cost > kMaxQueuedBytes) {
    ++queue_->dropped;
    ++queue_->dropped_unsaid;
    return;
  }
  queue_->bytes += cost;
  queue_->lines.push_back({severity, absl::Now(), std::move(line)});
}

void Journal::WriteLines(Queue& queue) {
  const bool to_systemd = StderrIsReadBySystemd();
  while (true) {
    std::deque<Line> lines;
    {
      const auto has_work = [&queue]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu) {
        return queue.ending || !queue.lines.empty();
      };
      absl::MutexLock lock(&queue.mu, absl::Condition(&has_work));
      if (queue.lines.empty()) {
        queue.written = true;
        return;
      }
      lines.swap(queue.lines);
      queue.bytes = 0;
      if (queue.dropped_unsaid > 0) {
        lines.push_back({Severity::kWarning, absl::Now(),
                         absl::StrCat(queue.dropped_unsaid,
                                      " log lines were dropped here: whoever reads this log did "
                                      "not keep up")});
        queue.dropped_unsaid = 0;
      }
    }
    for (const Line& line : lines) Write(line, to_systemd);
  }
}

void Journal::Write(const Line& line, bool to_systemd) {
  const std::string time =
      to_systemd ? "" : absl::FormatTime("%Y-%m-%d %H:%M:%E3S ", line.time, absl::LocalTimeZone());
  switch (line.severity) {
    case Severity::kInfo:
      LOG(INFO) << (to_systemd ? "<6>" : time) << line.text;
      return;
    case Severity::kWarning:
      LOG(WARNING) << (to_systemd ? "<4>" : time + "WARNING ") << line.text;
      return;
    case Severity::kError:
      LOG(ERROR) << (to_systemd ? "<3>" : time + "ERROR ") << line.text;
      return;
  }
}

}  // namespace hob
