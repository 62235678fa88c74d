#ifndef HOB_SERVER_THROTTLE_SIMULATION_H_
#define HOB_SERVER_THROTTLE_SIMULATION_H_

#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_state.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/restart_policy.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// One instance of a daemon: its uptime and its end.
struct SimulatedRun {
  absl::Duration uptime;
  EndOfProcess end = ExitedWithCode{1};
};

// An event in the life of a simulated daemon.
struct SimulatedEvent {
  enum class Kind {
    kStart,
    // A start under `on_halt = retry`.
    kTrial,
    // A trial has stayed up for retry_time, which clears the history.
    kTrialSucceeded,
    // The instance has ended and the throttle has decided.
    kEnd,
  };

  Kind kind = Kind::kStart;
  // Time since the first start.
  absl::Duration time;
  // State after the event.
  DaemonState state = DaemonState::kRunning;
  // For kEnd only. Times in the decision count from the origins of the clocks.
  SimulatedRun run;
  absl::optional<ThrottleDecision> decision;
};

struct Simulation {
  // Events in order. The last one follows the last run used: usually the next start.
  std::vector<SimulatedEvent> events;
  // Number of runs used; smaller than their total if the daemon stays down earlier.
  int runs_used = 0;
};

// Returns the server's timeline for a daemon that is started at time 0 and whose instances live and
// end as in `runs`: decided by DecideRestart as in the server, without jitter. Starts take no time,
// and the machine's budget is unlimited. Pure.
Simulation Simulate(const RestartPolicy& policy, const std::vector<SimulatedRun>& runs);

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_SIMULATION_H_
