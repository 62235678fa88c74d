#include "server/supervisor/thread_alarm.h"

#include <signal.h>

#include <algorithm>

#include "absl/time/time.h"

// Older headers of the C library do not define this name.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace hob {

ThreadAlarm::~ThreadAlarm() {
  if (timer_.has_value()) timer_delete(*timer_);
}

bool ThreadAlarm::Set(pid_t thread, int signal, MonotonicTime time) {
  const bool never = time == MonotonicTime::InfiniteFuture();
  if (!timer_.has_value() && (never || !Make(thread, signal))) return never;
  // A zero value disarms the timer (timer_settime(2)).
  itimerspec when = {};
  if (!never) {
    when.it_value = absl::ToTimespec(std::max(time.since_origin(), absl::Nanoseconds(1)));
  }
  return timer_settime(*timer_, TIMER_ABSTIME, &when, nullptr) == 0;
}

bool ThreadAlarm::Make(pid_t thread, int signal) {
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event.sigev_notify_thread_id = thread;
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return false;
  timer_ = timer;
  return true;
}

}  // namespace hob
