#ifndef HOB_SERVER_CHECKS_CHECK_SCHEDULE_H_
#define HOB_SERVER_CHECKS_CHECK_SCHEDULE_H_

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/check.h"

namespace hob {

// Decides when the attempts of a check begin, and what they say together.
//
// While the daemon is not up before the check succeeds, attempts follow each other quickly at
// first, then once a second, and failures say nothing. Otherwise they begin at the interval of the
// check; the times of the first two are drawn, so that the checks of many daemons that start
// together spread over the interval.
//
// Not thread-safe.
class CheckSchedule {
 public:
  // `is_starting` if the daemon is not up before the check succeeds. `fraction`, from 0 to 1, draws
  // the times of the first attempts.
  CheckSchedule(const Check& check, bool is_starting, double fraction, MonotonicTime now);

  // Returns the time of the next attempt; InfiniteFuture during one.
  MonotonicTime due() const { return due_; }
  // Returns the time at which the present attempt has taken too long; InfiniteFuture without one.
  MonotonicTime expires() const { return expires_; }
  // Returns the time since the present attempt began. Precondition: there is one.
  absl::Duration Elapsed(MonotonicTime now) const { return now - began_; }

  // Begins an attempt.
  void Begin(MonotonicTime now);
  // Ends the attempt with success or failure. Returns the health if the daemon becomes healthy or
  // unhealthy.
  absl::optional<DaemonHealth> Finish(bool ok, MonotonicTime now);
  // Ends an attempt that says nothing, if there is one: hobd itself stood still, or lacked
  // something. The next one is due at `time`.
  void Discard(MonotonicTime time);

  // Number of equal outcomes in a row.
  int failures() const { return failures_; }
  int successes() const { return successes_; }

 private:
  // Returns the time between the beginnings of the last attempt and the next.
  absl::Duration Interval() const;

  const Check check_;
  const double fraction_;
  bool is_starting_;
  DaemonHealth health_ = DaemonHealth::kUnknown;
  MonotonicTime due_;
  MonotonicTime expires_ = MonotonicTime::InfiniteFuture();
  MonotonicTime began_;
  int attempts_ = 0;
  int failures_ = 0;
  int successes_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_CHECK_SCHEDULE_H_
