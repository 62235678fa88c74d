#ifndef HOB_SERVER_SUPERVISOR_PENDING_START_H_
#define HOB_SERVER_SUPERVISOR_PENDING_START_H_

#include <string>

#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// Holds the next start of a daemon: its time and reason, and whether the machine's budget has
// granted it. Decides nothing.
//
// Not thread-safe: belongs to the daemon's worker.
class PendingStart {
 public:
  // Describes a start. A plain value.
  struct Start {
    std::string reason;
    // The rule that allowed the start, if it follows a failure.
    absl::optional<RestartReason> after_failure;
    // True for a trial of a daemon that was given up.
    bool is_trial = false;
    // True if an operator commanded it; a hold does not keep it back.
    bool by_operator = false;
  };

  // The complete state of a PendingStart. A plain value.
  struct State {
    // InfiniteFuture if none is planned.
    MonotonicTime at = MonotonicTime::InfiniteFuture();
    Start start;
    // True if the machine's budget has granted the start, or is not needed.
    bool is_granted = false;
    // True if the start is due and waits for other daemons or for the release of the daemon.
    bool is_blocked = false;
  };

  // Plans a start at `at`, in place of any other. A start by an operator needs no grant from the
  // budget.
  void Plan(MonotonicTime at, std::string reason, bool by_operator);

  // Plans the start that `decision` names, in place of any other; plans none if it names none.
  // `exit` is the end that the decision is about; `was_trial` is true if that run was a trial.
  void PlanAfter(const ThrottleDecision& decision, const ExitReport& exit, bool was_trial);

  // Notes that the budget grants the start, at `time` at the earliest.
  void GrantFrom(MonotonicTime time);

  // Notes that the start, which is due, waits for other daemons or for the release, or does so no
  // longer.
  void SetBlocked(bool is_blocked) { state_.is_blocked = is_blocked; }

  // Called when the daemon is held: makes the start wait for the release, even if an operator
  // commanded it.
  void KeepBack() { state_.start.by_operator = false; }

  // Cancels the planned start.
  void Cancel() { state_ = State(); }

  // Returns and removes the planned start. Precondition: is_planned().
  Start Take();

  // Returns the time of the start; InfiniteFuture if none is planned, or if it is blocked.
  MonotonicTime at() const {
    return state_.is_blocked ? MonotonicTime::InfiniteFuture() : state_.at;
  }
  bool is_planned() const { return state_.at != MonotonicTime::InfiniteFuture(); }
  // True if the start is due and waits for other daemons or for the release.
  bool is_blocked() const { return state_.is_blocked; }
  // True if the budget has granted the planned start, or is not needed.
  bool is_granted() const { return state_.is_granted; }
  // True if a trial is planned.
  bool is_trial() const { return is_planned() && state_.start.is_trial; }
  // True if an operator commanded the planned start.
  bool is_by_operator() const { return state_.start.by_operator; }
  // Returns the complete state.
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_PENDING_START_H_
