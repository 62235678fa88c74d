// The server's own log, made so that it never holds supervision up. Must not know daemons.
#ifndef HOB_SERVER_JOURNAL_JOURNAL_H_
#define HOB_SERVER_JOURNAL_JOURNAL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace hob {

// Takes lines from any thread and hands them to glog on a thread of its own: a reader of stderr
// that is slow or gone, or a full disk, delays that thread alone (RELIABILITY F57, findings 12).
// Lines beyond a bound are dropped and counted, and the next line that gets through says how many
// were.
//
// A line is "2026-11-22 12:00:01.120 WARNING text", with the time at which it was handed in; and
// "<4>text" when stderr is read by systemd's journal, which takes priorities that way
// (sd-daemon(3)) and has a clock of its own.
//
// Thread-safe. The functions that take a line never block on I/O.
class Journal {
 public:
  // Sets glog up to write to stderr, once a process and before the first journal.
  static void InitLog(const char* program);

  // Starts the writing thread.
  Journal();
  // Ends, and with it the thread.
  ~Journal();

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // A change in the life of a daemon or of the server.
  void Info(std::string line) { Add(Severity::kInfo, std::move(line)); }
  // The throttle or a forced kill came into action.
  void Warning(std::string line) { Add(Severity::kWarning, std::move(line)); }
  // Somebody has to act.
  void Error(std::string line) { Add(Severity::kError, std::move(line)); }

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
    absl::Mutex mu;
    std::deque<Line> lines ABSL_GUARDED_BY(mu);
    int64_t bytes ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped ABSL_GUARDED_BY(mu) = 0;
    int64_t dropped_unsaid ABSL_GUARDED_BY(mu) = 0;
    bool ending ABSL_GUARDED_BY(mu) = false;
    bool written ABSL_GUARDED_BY(mu) = false;
  };

  void Add(Severity severity, std::string line);
  static void WriteLines(Queue& queue);
  static void Write(const Line& line, bool to_systemd);

  const std::shared_ptr<Queue> queue_;
  std::thread writer_;
};

}  // namespace hob

#endif  // HOB_SERVER_JOURNAL_JOURNAL_H_
