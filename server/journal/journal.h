// The server's own log, made so that it never holds supervision up. Must not know daemons.
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

// Takes lines from any thread and hands them to glog on a thread of its own: a reader of stderr
// that is slow or gone, or a full disk, delays that thread alone.
// Lines beyond a bound are dropped and counted, and the next line that gets through says how many
// were.
//
// A line is "2026-11-22 12:00:01.120 WARNING text", with the time at which it was handed in; and
// "<4>text" when stderr is read by systemd's journal, which takes priorities that way
// (sd-daemon(3)) and has a clock of its own. A text of several lines becomes as many, each with
// time and severity.
//
// Lines that have a topic are subject to RepeatLimit: a daemon that ends thousands of times a
// second does not fill the log, and a line says how many were left out.
//
// A line that comes after a pause is written at once; of lines that come close together those of a
// millisecond are written together, because in a storm each write, and each wake-up for it, takes
// time that the daemons need.
//
// Thread-safe. The functions that take a line never block on I/O.
class Journal {
 public:
  // Sets glog up to write to stderr, once a process and before the first journal.
  static void InitLog(const char* program);

  // What a line is about: who, and what happened to them. Lines with the same are repeats of each
  // other. Both are only looked at during the call.
  struct Topic {
    absl::string_view subject;
    absl::string_view event;
  };

  // Starts the writing thread. `clock` outlives the journal.
  explicit Journal(const Clock& clock = Clock::Real());
  // Ends, and with it the thread.
  ~Journal();

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // A change in the life of a daemon or of the server.
  void Info(std::string line) { Add(Severity::kInfo, std::move(line)); }
  void Info(Topic topic, std::string line) { Add(Severity::kInfo, topic, std::move(line)); }
  // The throttle or a forced kill came into action.
  void Warning(std::string line) { Add(Severity::kWarning, std::move(line)); }
  void Warning(Topic topic, std::string line) { Add(Severity::kWarning, topic, std::move(line)); }
  // Somebody has to act.
  void Error(std::string line) { Add(Severity::kError, std::move(line)); }
  void Error(Topic topic, std::string line) { Add(Severity::kError, topic, std::move(line)); }

  // Writes what is queued, for a second at the longest; lines that come later are lost. Returns
  // whether everything was written. Thread-safe; may be called more than once.
  bool End();

  // Lines dropped so far because the writer did not keep up.
  int64_t dropped() const;

 private:
  enum class Severity { kInfo, kWarning, kError };
  struct Line {
    Severity severity;
    absl::Time time;
    std::string text;
  };

  // Shared with the writing thread, which may hang in a write when the journal goes.
  struct Queue {
    explicit Queue(const Clock& its_clock) : clock(its_clock) {}

    bool has_work() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) { return ending || !lines.empty(); }

    const Clock& clock;
    Mutex mu;
    // Wakes the writer that has nothing to do: for lines, for the first that was left out, and for
    // `ending`.
    CondVar work;
    // For `ending` and `written`.
    CondVar ended;
    RepeatLimit repeats ABSL_GUARDED_BY(mu);
    std::deque<Line> lines ABSL_GUARDED_BY(mu);
    int64_t bytes ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped_unsaid ABSL_GUARDED_BY(mu) = 0;
    bool ending ABSL_GUARDED_BY(mu) = false;
    bool written ABSL_GUARDED_BY(mu) = false;
  };

  void Add(Severity severity, std::string line);
  void Add(Severity severity, Topic topic, std::string line);
  // Queues a line, or drops it when there is no room.
  static void Enqueue(Queue& queue, Severity severity, std::string line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  // Queues a line about each kind of lines that were left out.
  static void TellLeftOut(Queue& queue, const std::vector<RepeatLimit::LeftOut>& left_out)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  static void WriteLines(Queue& queue);
  // Waits for something to write and takes it; empty once the journal ends and all is written.
  static std::deque<Line> TakeLines(Queue& queue);
  // Waits until there is something to write, or to tell of lines that were left out.
  static void WaitForWork(Queue& queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(queue.mu);
  // Waits until more lines may have come, or the journal ends.
  static void LetLinesGather(Queue& queue);
  // As syslog(3) numbers them.
  static int PriorityOf(Severity severity);
  // Returns the beginning of a line of this severity.
  static absl::string_view NameOf(Severity severity);

  const std::shared_ptr<Queue> queue_;
  BackgroundThread writer_;
};

}  // namespace hob

#endif  // HOB_SERVER_JOURNAL_JOURNAL_H_
