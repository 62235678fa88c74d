#include "tests/simulation/translation.h"

#include "absl/strings/match.h"

namespace hob {
namespace simulation {
namespace {

Observation::State StateOf(DaemonState state) {
  switch (state) {
    case DaemonState::kStopped:
      return Observation::State::kStopped;
    case DaemonState::kStarting:
      return Observation::State::kStarting;
    case DaemonState::kRunning:
      return Observation::State::kRunning;
    case DaemonState::kBackoff:
      return Observation::State::kBackoff;
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      return Observation::State::kStopping;
    case DaemonState::kExited:
      return Observation::State::kExited;
    case DaemonState::kHalted:
      return Observation::State::kHalted;
    case DaemonState::kWaiting:
      return Observation::State::kWaiting;
  }
  return Observation::State::kStopped;
}

Observation::Health HealthOf(DaemonHealth health) {
  switch (health) {
    case DaemonHealth::kUnchecked:
      return Observation::Health::kUnchecked;
    case DaemonHealth::kUnknown:
      return Observation::Health::kUnknown;
    case DaemonHealth::kHealthy:
      return Observation::Health::kHealthy;
    case DaemonHealth::kUnhealthy:
      return Observation::Health::kUnhealthy;
  }
  return Observation::Health::kUnchecked;
}

End EndOf(const EndOfProcess& end) {
  if (const auto* exited = absl::get_if<ExitedWithCode>(&end)) {
    return {End::Kind::kExited, exited->code};
  }
  if (const auto* killed = absl::get_if<KilledBySignal>(&end)) {
    return {End::Kind::kKilled, killed->signal};
  }
  const SpawnFailure& failure = absl::get<SpawnFailure>(end);
  return {End::Kind::kNotSpawned, failure.error_number, failure.stage == "exec"};
}

}  // namespace

Order OrderOf(Command::Kind kind) {
  switch (kind) {
    case Command::Kind::kStart:
      return Order::kStart;
    case Command::Kind::kStop:
      return Order::kStop;
    case Command::Kind::kRestart:
      return Order::kRestart;
    case Command::Kind::kSignal:
      return Order::kSignal;
    case Command::Kind::kHold:
      return Order::kHold;
    case Command::Kind::kRelease:
      return Order::kRelease;
    case Command::Kind::kBoot:
      return Order::kBoot;
    case Command::Kind::kUpdate:
      return Order::kUpdate;
    case Command::Kind::kReplace:
      return Order::kReplace;
    case Command::Kind::kStage:
      return Order::kStage;
    case Command::Kind::kRoll:
      return Order::kRoll;
    case Command::Kind::kRemove:
      return Order::kRemove;
    case Command::Kind::kShutDown:
      return Order::kShutDown;
    case Command::Kind::kKill:
      return Order::kKill;
    case Command::Kind::kReopenLogs:
      return Order::kReopenLogs;
    case Command::Kind::kRecheck:
      return Order::kRecheck;
    case Command::Kind::kVerdict:
      return Order::kVerdict;
  }
  return Order::kReopenLogs;
}

const char* NameOf(Order order) {
  static constexpr const char* kNames[] = {
      "Start",     "Stop",   "Restart",     "Signal",  "Hold",   "Release",
      "boot",      "update", "replace",     "stage",   "roll",   "remove",
      "shut down", "kill",   "reopen logs", "recheck", "verdict"};
  return kNames[static_cast<int>(order)];
}

Observation ObservationOf(const DaemonSnapshot& snapshot, int settings) {
  Observation observation;
  observation.state = StateOf(snapshot.state);
  observation.wanted = snapshot.wanted;
  observation.ready = snapshot.ready;
  observation.health = HealthOf(snapshot.health);
  observation.is_unkillable = snapshot.unkillable;
  observation.awaits_dependents = snapshot.awaits_dependents;
  observation.is_held = snapshot.hold != nullptr;
  observation.awaits_release = snapshot.awaits_release;
  observation.pid = snapshot.pid;
  observation.exits = snapshot.counts.exits;
  observation.restarts = snapshot.counts.restarts;
  observation.settings = settings;
  observation.has_evidence = snapshot.throttle != nullptr;
  if (snapshot.next_start_time.has_value()) {
    observation.next_start = absl::ToUnixNanos(*snapshot.next_start_time);
  }
  observation.is_asked_to_end = absl::StartsWith(snapshot.reason, "being ");
  observation.status = snapshot.notes.status_text;
  observation.has_log_problem = !snapshot.notes.log_problem.empty();
  if (snapshot.runs->empty()) return observation;
  const EndedRun& run = snapshot.runs->front();
  observation.run_pid = run.pid;
  observation.run_end = EndOf(run.exit.end);
  observation.run_was_requested = run.exit.requested;
  observation.run_ended_by_hob = !run.exit.verdict.empty();
  return observation;
}

}  // namespace simulation
}  // namespace hob
