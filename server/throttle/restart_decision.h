#ifndef HOB_SERVER_THROTTLE_RESTART_DECISION_H_
#define HOB_SERVER_THROTTLE_RESTART_DECISION_H_

#include <deque>

#include "server/clock/clock.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/restart_policy.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// What the throttle remembers of one daemon. A plain value; default-constructed is "cleared".
struct FailureHistory {
  // Monotonic times of the failures that may still count; the oldest first.
  std::deque<MonotonicTime> window;
  // The latest of them in full, at most kMaxEvidence; the oldest first.
  std::deque<Failure> evidence;
  // Restarts since the daemon last stayed up long enough.
  int restarts_in_a_row = 0;
  // Shortages of the machine in a row.
  int shortages_in_a_row = 0;
  // The daemon was given up; what runs since is a trial.
  bool halted = false;
};

// Decides what follows on an end of a daemon that nobody asked for, and
// brings `history` up to date. Pure: depends on nothing but its arguments, uses the monotonic time
// of `exit` only, and takes the wall time along for people. `random` in [0, 1) spreads the
// back-off.
//
// Precondition: !exit.requested.
ThrottleDecision DecideRestart(const RestartPolicy& policy, const ExitReport& exit, double random,
                               FailureHistory& history);

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_RESTART_DECISION_H_
