#ifndef HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_
#define HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_

#include <sys/types.h>
#include <time.h>

#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// Sends a signal to one thread of this process at a set time. Uses no descriptor. Sends nothing if
// the thread has ended by then (timer_create(2), SIGEV_THREAD_ID).
//
// Not thread-safe.
class ThreadAlarm {
 public:
  ThreadAlarm() = default;
  // Disarms the timer.
  ~ThreadAlarm();

  ThreadAlarm(const ThreadAlarm&) = delete;
  ThreadAlarm& operator=(const ThreadAlarm&) = delete;

  // Sends `signal` to `thread` at `time` on the real clock; an infinite future disarms the timer.
  // Replaces any earlier time. `thread` and `signal` are fixed by the first call. Returns false if
  // the machine has no room for another timer (getrlimit(2), RLIMIT_SIGPENDING).
  bool Set(pid_t thread, int signal, MonotonicTime time);

 private:
  bool Make(pid_t thread, int signal);

  absl::optional<timer_t> timer_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_
