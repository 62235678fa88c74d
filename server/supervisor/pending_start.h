#ifndef HOB_SERVER_SUPERVISOR_PENDING_START_H_
#define HOB_SERVER_SUPERVISOR_PENDING_START_H_

#include <string>

#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// The next start of a daemon: its time and reason, and whether the machine's budget has granted it.
// Decides nothing.
//
// Not thread-safe: belongs to the daemon's worker.
class PendingStart {
 public:
  // Describes a start. A plain value.
  struct Start {
    std::string reason;
    // The rule that lets it come, if it follows a failure.
    absl::optional<RestartReason> after_failure;
    // True for a trial of a daemon that was given up.
    bool is_trial = false;
  };

  // Holds everything that a PendingStart knows. A plain value.
  struct State {
    // InfiniteFuture if none is planned.
    MonotonicTime at = MonotonicTime::InfiniteFuture();
    Start start;
    // True if the machine's budget has granted it, or need not.
    bool is_granted = false;
  };

  // Plans a start at `at`, instead of any other. The budget need not grant what an operator asks
  // for.
  void Plan(MonotonicTime at, std::string reason, bool by_operator);

  // Plans the start that `decision` names, instead of any other; none if it names none. `exit` is
  // the end that was decided on, `was_trial` says whether that was the end of a trial.
  void PlanAfter(const ThrottleDecision& decision, const ExitReport& exit, bool was_trial);

  // Notes that the budget grants the start, but not before `time`.
  void GrantFrom(MonotonicTime time);

  // Plans no start.
  void Cancel() { state_ = State(); }

  // Returns the start, which is planned no more. Precondition: is_planned().
  Start Take();

  // Returns the time of the start; InfiniteFuture if none is planned.
  MonotonicTime at() const { return state_.at; }
  bool is_planned() const { return at() != MonotonicTime::InfiniteFuture(); }
  // True if the budget has granted the planned start, or need not.
  bool is_granted() const { return state_.is_granted; }
  // True if a trial is planned.
  bool is_trial() const { return is_planned() && state_.start.is_trial; }
  // Returns everything that it knows.
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_PENDING_START_H_
