#ifndef HOB_SERVER_THROTTLE_RESTART_DECISION_H_
#define HOB_SERVER_THROTTLE_RESTART_DECISION_H_

#include <deque>

#include "server/clock/clock.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/restart_policy.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// Holds the throttle's memory of one daemon. A plain value; empty when default-constructed.
struct FailureHistory {
  // Monotonic times of the failures that may still count, oldest first.
  std::deque<MonotonicTime> window;
  // The latest of them in full, at most kMaxEvidence, oldest first.
  std::deque<Failure> evidence;
  // Restarts since the daemon last stayed up long enough.
  int restarts_in_a_row = 0;
  // Consecutive shortages of the machine.
  int shortages_in_a_row = 0;
  // True if the daemon was halted; any run since is a trial.
  bool halted = false;
};

// Decides how to follow up an unrequested exit of a daemon, and updates `history`. Pure: depends
// only on its arguments; uses only the monotonic time of `exit` and passes the wall time through
// for display. `random` in [0, 1) spreads the back-off.
//
// Precondition: !exit.requested.
ThrottleDecision DecideRestart(const RestartPolicy& policy, const ExitReport& exit, double random,
                               FailureHistory& history);

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_RESTART_DECISION_H_
