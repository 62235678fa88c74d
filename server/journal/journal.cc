#include "server/journal/journal.h"

#include <glog/logging.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "server/text/duration.h"

namespace hob {
namespace {

// Limit of queued lines: 4 MiB.
constexpr int64_t kMaxQueuedBytes = 4 << 20;
// Cost of a line in addition to its characters.
constexpr int64_t kLineOverhead = 64;
constexpr std::chrono::seconds kEndTimeout{1};
constexpr std::chrono::milliseconds kBatchTime{1};
// PIPE_BUF: a write of this size to a pipe is atomic.
constexpr size_t kMaxPiece = 4096;

// True if systemd reads stderr. JOURNAL_STREAM names the device and inode of systemd's stream;
// stderr may have been redirected since (systemd.exec(5)).
bool StderrIsReadBySystemd() {
  const char* stream = getenv("JOURNAL_STREAM");
  struct stat status;
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         stream == absl::StrCat(status.st_dev, ":", status.st_ino);
}

// Makes the prefix of each line.
class LinePrefix {
 public:
  explicit LinePrefix(bool to_systemd) : to_systemd_(to_systemd) {}

  // `priority` is that of syslog(3); `name`, if not empty, starts the text.
  std::string Of(absl::Time time, int priority, absl::string_view name) {
    if (to_systemd_) return absl::StrCat("<", priority, ">");
    // Formatting the time costs more than the rest of a line, and many lines share one.
    const int64_t millis = absl::ToUnixMillis(time);
    if (millis != millis_) {
      millis_ = millis;
      time_ = absl::FormatTime("%Y-%m-%d %H:%M:%E3S ", time, absl::LocalTimeZone());
    }
    return absl::StrCat(time_, name);
  }

 private:
  const bool to_systemd_;
  // The time formatted in time_.
  int64_t millis_ = -1;
  std::string time_;
};

// Passes text to glog in pieces of whole lines.
class Pieces {
 public:
  ~Pieces() { Flush(); }

  void Add(absl::string_view prefix, absl::string_view line) {
    if (piece_.size() + prefix.size() + line.size() + 1 > kMaxPiece) Flush();
    absl::StrAppend(&piece_, prefix, line, "\n");
  }

 private:
  void Flush() {
    if (!piece_.empty()) LOG(INFO) << piece_;
    piece_.clear();
  }

  std::string piece_;
};

}  // namespace

void Journal::InitLog(const char* program) {
  // Resets every flag that glog reads from GLOG_* variables before main() and that would redirect
  // or suppress our lines.
  FLAGS_logtostderr = true;
  FLAGS_logtostdout = false;
  FLAGS_alsologtostderr = false;
  FLAGS_colorlogtostderr = false;
  FLAGS_log_prefix = false;
  FLAGS_minloglevel = google::GLOG_INFO;
  FLAGS_v = 0;
  google::InitGoogleLogging(program);
}

Journal::Journal(const Clock& clock) : queue_(std::make_shared<Queue>(clock)) {
  writer_.Start([queue = queue_] { WriteLines(*queue); }, [] {});
}

bool Journal::End() {
  Queue& queue = *queue_;
  MutexLock lock(&queue.mu);
  queue.ending = true;
  queue.work.WakeOne();
  queue.ended.WakeAll();
  const CondVar::Deadline deadline = CondVar::In(kEndTimeout);
  while (!queue.written && queue.ended.WaitUntil(&queue.mu, deadline)) continue;
  return queue.written;
}

Journal::~Journal() {
  // The thread may hang in a write to a pipe that has no reader; it then ends with the process.
  if (!End()) writer_.Abandon();
}

int64_t Journal::dropped() const {
  MutexLock lock(&queue_->mu);
  return queue_->dropped;
}

void Journal::Add(Severity severity, std::string line) {
  Queue& queue = *queue_;
  MutexLock lock(&queue.mu);
  Enqueue(queue, severity, std::move(line));
}

void Journal::Add(Severity severity, Topic topic, std::string line) {
  const std::string key = absl::StrCat(topic.subject, " ", topic.event);
  Queue& queue = *queue_;
  MutexLock lock(&queue.mu);
  const MonotonicTime now = queue.clock.Now().monotonic;
  ReportSuppressed(queue, queue.repeats.TakeFinished(now));
  const bool was_due = queue.repeats.NextDue() != MonotonicTime::InfiniteFuture();
  if (queue.repeats.Admit(key, now, line)) {
    Enqueue(queue, severity, std::move(line));
  } else if (!was_due) {
    // Tells the writer when suppressed lines must be reported.
    queue.work.WakeOne();
  }
}

void Journal::Enqueue(Queue& queue, Severity severity, std::string line) {
  const int64_t cost = line.size() + kLineOverhead;
  if (queue.bytes + cost > kMaxQueuedBytes) {
    ++queue.dropped;
    ++queue.dropped_unreported;
    return;
  }
  queue.bytes += cost;
  queue.lines.push_back({severity, queue.clock.WallNow(), std::move(line)});
  queue.work.WakeOne();
}

void Journal::ReportSuppressed(Queue& queue,
                               const std::vector<RepeatLimit::Suppressed>& suppressed) {
  for (const RepeatLimit::Suppressed& repeats : suppressed) {
    Enqueue(
        queue, Severity::kWarning,
        absl::StrCat(repeats.lines, " similar lines were suppressed within ",
                     hob::FormatDuration(RepeatLimit::kWindow), ", such as: ", repeats.example));
  }
}

void Journal::WriteLines(Queue& queue) {
  LinePrefix prefix(StderrIsReadBySystemd());
  while (true) {
    const std::deque<Line> lines = TakeLines(queue);
    if (lines.empty()) break;
    {
      Pieces pieces;
      for (const Line& line : lines) {
        const std::string begin =
            prefix.Of(line.time, PriorityOf(line.severity), NameOf(line.severity));
        // A priority applies to its own line only (sd-daemon(3)).
        for (absl::string_view text : absl::StrSplit(line.text, '\n')) pieces.Add(begin, text);
      }
    }
    WaitForMoreLines(queue);
  }
  MutexLock lock(&queue.mu);
  queue.written = true;
  queue.ended.WakeAll();
}

void Journal::WaitForMoreLines(Queue& queue) {
  MutexLock lock(&queue.mu);
  const CondVar::Deadline deadline = CondVar::In(kBatchTime);
  while (!queue.ending && queue.ended.WaitUntil(&queue.mu, deadline)) continue;
}

std::deque<Journal::Line> Journal::TakeLines(Queue& queue) {
  MutexLock lock(&queue.mu);
  do {
    WaitForWork(queue);
    ReportSuppressed(queue, queue.ending ? queue.repeats.TakeAll()
                                         : queue.repeats.TakeFinished(queue.clock.Now().monotonic));
  } while (!queue.has_work());
  std::deque<Line> lines = std::exchange(queue.lines, {});
  queue.bytes = 0;
  if (queue.dropped_unreported > 0) {
    lines.push_back(
        {Severity::kWarning, queue.clock.WallNow(),
         absl::StrCat(queue.dropped_unreported,
                      " log lines were dropped here: the reader of this log is too slow")});
    queue.dropped_unreported = 0;
  }
  return lines;
}

void Journal::WaitForWork(Queue& queue) {
  while (!queue.has_work()) {
    const absl::Duration wait = queue.repeats.NextDue() - queue.clock.Now().monotonic;
    if (wait <= absl::ZeroDuration()) return;
    queue.work.WaitUntil(&queue.mu, CondVar::In(absl::ToChronoNanoseconds(wait)));
  }
}

int Journal::PriorityOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return LOG_INFO;
    case Severity::kWarning:
      return LOG_WARNING;
    case Severity::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

absl::string_view Journal::NameOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "";
    case Severity::kWarning:
      return "WARNING ";
    case Severity::kError:
      return "ERROR ";
  }
  return "";
}

}  // namespace hob
