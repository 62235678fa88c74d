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

// One instance of a daemon: how long it stays up, and how it ends.
struct SimulatedRun {
  absl::Duration uptime;
  EndOfProcess end = ExitedWithCode{1};
};

// Something that happens to a simulated daemon.
struct SimulatedEvent {
  enum class Kind {
    kStart,
    // A start of `on_halt = retry`.
    kTrial,
    // A trial has stayed up for retry_time: the history is cleared.
    kTrialSucceeded,
    // The instance has ended, and the throttle has decided.
    kEnd,
  };

  Kind kind = Kind::kStart;
  // Since the first start.
  absl::Duration time;
  // In which it is then.
  DaemonState state = DaemonState::kRunning;
  // Only kEnd. The times in the decision are counted from the origins of the clocks.
  SimulatedRun run;
  absl::optional<ThrottleDecision> decision;
};

struct Simulation {
  // In order; the last one is the start that follows on the last run, or what else follows on it.
  std::vector<SimulatedEvent> events;
  // How many of the runs came; fewer than there are when the daemon stays down before.
  int runs_used = 0;
};

// The timeline that the server follows when the daemon is started at time 0 and its instances live
// and end as `runs` says: by DecideRestart, as the server has it, with no jitter at all. Starts
// take no time, and there is no budget of the machine. Pure.
Simulation Simulate(const RestartPolicy& policy, const std::vector<SimulatedRun>& runs);

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_SIMULATION_H_
