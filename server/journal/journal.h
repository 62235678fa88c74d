// The server's own log, designed never to delay supervision. Must not know daemons.
#ifndef HOB_SERVER_JOURNAL_JOURNAL_H_
#define HOB_SERVER_JOURNAL_JOURNAL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/journal/repeat_limit.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Takes lines from any thread and passes them to glog on its own thread, so that a slow or missing
// reader of stderr, or a full disk, delays only that thread. Drops and counts lines beyond a limit;
// the next line that gets through reports the count.
//
// A line is "2026-11-22 12:00:01.120 WARNING text", with the time at which it was queued. If
// systemd's journal reads stderr, a line is "<4>text": that journal takes priorities in this form
// (sd-daemon(3)) and has its own clock. Each line of a multi-line text gets a time and a severity.
//
// Lines with a topic are subject to RepeatLimit: a daemon that ends thousands of times a second
// does not fill the log, and a line reports how many were suppressed.
//
// A line that comes after a pause is written at once. Lines that come in quick succession are
// batched per millisecond, because in a storm each write, and each wake-up for it, takes time that
// the daemons need.
//
// Thread-safe. Logging functions never block on I/O.
class Journal {
 public:
  // Sets up glog to write to stderr. Call once per process, before creating the first journal.
  static void InitLog(const char* program);

  // Subject and event of a line. Lines with equal topics count as repeats. Both views are only read
  // during the call.
  struct Topic {
    absl::string_view subject;
    absl::string_view event;
  };

  // Starts the writing thread. `clock` outlives the journal.
  explicit Journal(const Clock& clock = Clock::Real());
  // Calls End and ends the thread.
  ~Journal();

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Logs a change in the life of a daemon or of the server.
  void Info(std::string line) { Add(Severity::kInfo, std::move(line)); }
  void Info(Topic topic, std::string line) { Add(Severity::kInfo, topic, std::move(line)); }
  // Logs an action of the throttle or a forced kill.
  void Warning(std::string line) { Add(Severity::kWarning, std::move(line)); }
  void Warning(Topic topic, std::string line) { Add(Severity::kWarning, topic, std::move(line)); }
  // Logs a problem that an administrator must act on.
  void Error(std::string line) { Add(Severity::kError, std::move(line)); }
  void Error(Topic topic, std::string line) { Add(Severity::kError, topic, std::move(line)); }

  // Writes queued lines, for at most one second; later lines are lost. Returns true if everything
  // was written. Thread-safe; may be called more than once.
  bool End();

  // Returns the number of lines dropped so far because the writer did not keep up.
  int64_t dropped() const;

 private:
  enum class Severity { kInfo, kWarning, kError };
  struct Line {
    Severity severity;
    absl::Time time;
    std::string text;
  };

  // Shared with the writing thread, which may still hang in a write when the journal is destroyed.
  struct Queue {
    explicit Queue(const Clock& its_clock) : clock(its_clock) {}

    bool has_work() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) { return ending || !lines.empty(); }

    const Clock& clock;
    Mutex mu;
    // Wakes an idle writer: for lines, for the first suppressed line, and for `ending`.
    CondVar work;
    // Signals changes of `ending` and `written`.
    CondVar ended;
    RepeatLimit repeats ABSL_GUARDED_BY(mu);
    std::deque<Line> lines ABSL_GUARDED_BY(mu);
    int64_t bytes ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped_unreported ABSL_GUARDED_BY(mu) = 0;
    bool ending ABSL_GUARDED_BY(mu) = false;
    bool written ABSL_GUARDED_BY(mu) = false;
  };

  void Add(Severity severity, std::string line);
  void Add(Severity severity, Topic topic, std::string line);
  // Queues a line, or drops it if the queue is full.
  static void Enqueue(Queue& queue, Severity severity, std::string line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  // Queues one line per suppressed topic.
  static void ReportSuppressed(Queue& queue, const std::vector<RepeatLimit::Suppressed>& suppressed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  static void WriteLines(Queue& queue);
  // Waits for lines and takes them; empty once the journal ends and everything is written.
  static std::deque<Line> TakeLines(Queue& queue);
  // Waits until there are lines to write, or suppressed lines to report.
  static void WaitForWork(Queue& queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  // Waits a moment for more lines, or until the journal ends.
  static void WaitForMoreLines(Queue& queue);
  // Returns the priority as numbered by syslog(3).
  static int PriorityOf(Severity severity);
  // Returns the prefix of lines of this severity.
  static absl::string_view NameOf(Severity severity);

  const std::shared_ptr<Queue> queue_;
  BackgroundThread writer_;
};

}  // namespace hob

#endif  // HOB_SERVER_JOURNAL_JOURNAL_H_
