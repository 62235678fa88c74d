#ifndef HOB_SERVER_CHECKS_CHECK_SCHEDULE_H_
#define HOB_SERVER_CHECKS_CHECK_SCHEDULE_H_

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/check.h"

namespace hob {

// Decides when the attempts of a check start, and derives the daemon's health from them.
//
// While a daemon can come up only through its check, attempts start quickly at first, then at most
// once a second, and failures do not count. Afterwards attempts start once an interval; the first
// two start at random times, to spread the checks of daemons that start together.
//
// Not thread-safe.
class CheckSchedule {
 public:
  // `is_starting` is true if the daemon comes up only once the check succeeds. `fraction`, random
  // from 0 to 1, places the first attempts.
  CheckSchedule(const Check& check, bool is_starting, double fraction, MonotonicTime now);

  // Returns the time of the next attempt; InfiniteFuture during one.
  MonotonicTime due() const { return due_; }
  // Returns the time at which the current attempt times out; InfiniteFuture without one.
  MonotonicTime expires() const { return expires_; }
  // Returns the time since the current attempt began. Precondition: there is one.
  absl::Duration Elapsed(MonotonicTime now) const { return now - began_; }

  // Begins an attempt.
  void Begin(MonotonicTime now);
  // Ends the attempt with success or failure. Returns the new health if it changes.
  absl::optional<DaemonHealth> Finish(bool ok, MonotonicTime now);
  // Ends an attempt that does not count, because hobd itself was suspended or lacked resources.
  void Discard(MonotonicTime now);
  // Gives the attempt, if there is one, the time back that hobd `lost` just before `now`, at most
  // the time of a new one. Does nothing if the attempt had twice its time without that: a machine
  // that is busy for long must not keep a daemon that hangs from its verdict.
  void Extend(absl::Duration lost, MonotonicTime now);
  // Makes the next attempt due at `time`. Precondition: there is no attempt.
  void Delay(MonotonicTime time) { due_ = time; }

  // Number of equal outcomes in a row.
  int failures() const { return failures_; }
  int successes() const { return successes_; }

 private:
  // Returns the time between the starts of the last attempt and the next.
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
