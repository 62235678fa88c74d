#include "server/throttle/simulation.h"

#include "server/clock/clock.h"
#include "server/throttle/restart_decision.h"

namespace hob {
namespace {

using Kind = SimulatedEvent::Kind;

// Chooses the smallest possible delay.
constexpr double kNoJitter = 0;

DaemonState StateAfter(const ThrottleDecision& decision) {
  switch (decision.action) {
    case ThrottleAction::kStartNow:
      return DaemonState::kStarting;
    case ThrottleAction::kWait:
      return DaemonState::kBackoff;
    case ThrottleAction::kHalt:
      return DaemonState::kHalted;
    case ThrottleAction::kLeave:
      return DaemonState::kExited;
  }
  return DaemonState::kHalted;
}

SimulatedEvent Make(Kind kind, absl::Duration time) {
  SimulatedEvent event;
  event.kind = kind;
  event.time = time;
  return event;
}

SimulatedEvent End(const RestartPolicy& policy, const SimulatedRun& run, absl::Duration time,
                   FailureHistory& history) {
  ExitReport report;
  report.end = run.end;
  report.uptime = run.uptime;
  report.time = {MonotonicTime::FromOrigin(time), absl::UnixEpoch() + time};
  SimulatedEvent event = Make(Kind::kEnd, time);
  event.run = run;
  event.decision = DecideRestart(policy, report, kNoJitter, history);
  event.state = StateAfter(*event.decision);
  return event;
}

}  // namespace

Simulation Simulate(const RestartPolicy& policy, const std::vector<SimulatedRun>& runs) {
  Simulation simulation;
  FailureHistory history;
  std::vector<SimulatedEvent>& events = simulation.events;
  absl::Duration now;
  bool trial = false;
  events.push_back(Make(Kind::kStart, now));
  for (const SimulatedRun& run : runs) {
    ++simulation.runs_used;
    if (trial && run.uptime >= policy.retry_time) {
      events.push_back(Make(Kind::kTrialSucceeded, now + policy.retry_time));
    }
    now += run.uptime;
    events.push_back(End(policy, run, now, history));
    const ThrottleDecision& decision = *events.back().decision;
    if (!decision.next_attempt.has_value()) break;
    trial = decision.action == ThrottleAction::kHalt;
    now = decision.next_attempt->monotonic.since_origin();
    events.push_back(Make(trial ? Kind::kTrial : Kind::kStart, now));
  }
  return simulation;
}

}  // namespace hob
