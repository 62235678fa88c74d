#ifndef HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_
#define HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_

#include <sys/types.h>
#include <time.h>

#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// Sends a signal to one thread of this process at a time, once for each setting. Takes no
// descriptor. Where the thread has ended by then, nobody gets it (timer_create(2),
// SIGEV_THREAD_ID).
//
// Not thread-safe.
class ThreadAlarm {
 public:
  ThreadAlarm() = default;
  // Takes it back.
  ~ThreadAlarm();

  ThreadAlarm(const ThreadAlarm&) = delete;
  ThreadAlarm& operator=(const ThreadAlarm&) = delete;

  // Sends `signal` to `thread` at `time` of the real clock; the infinite future is never. An
  // earlier setting holds no more. Both numbers are those of the first call. Returns whether it
  // will: the machine may have no room for another timer (getrlimit(2), RLIMIT_SIGPENDING).
  bool Set(pid_t thread, int signal, MonotonicTime time);

 private:
  bool Make(pid_t thread, int signal);

  absl::optional<timer_t> timer_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_THREAD_ALARM_H_
