#include "tests/simulation/translation.h"

namespace hob {
namespace simulation {
namespace {

Sighting::State StateOf(DaemonState state) {
  switch (state) {
    case DaemonState::kStopped:
      return Sighting::State::kStopped;
    case DaemonState::kStarting:
      return Sighting::State::kStarting;
    case DaemonState::kRunning:
      return Sighting::State::kRunning;
    case DaemonState::kBackoff:
      return Sighting::State::kBackoff;
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      return Sighting::State::kStopping;
    case DaemonState::kExited:
      return Sighting::State::kExited;
    case DaemonState::kHalted:
      return Sighting::State::kHalted;
  }
  return Sighting::State::kStopped;
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
    case Command::Kind::kBoot:
      return Order::kBoot;
    case Command::Kind::kUpdate:
      return Order::kUpdate;
    case Command::Kind::kReplace:
      return Order::kReplace;
    case Command::Kind::kRemove:
      return Order::kRemove;
    case Command::Kind::kShutDown:
      return Order::kShutDown;
    case Command::Kind::kKill:
      return Order::kKill;
    case Command::Kind::kReopenLogs:
      return Order::kReopenLogs;
  }
  return Order::kReopenLogs;
}

const char* NameOf(Order order) {
  static constexpr const char* kNames[] = {"Start",     "Stop",   "Restart",    "Signal",
                                           "boot",      "update", "replace",    "remove",
                                           "shut down", "kill",   "reopen logs"};
  return kNames[static_cast<int>(order)];
}

Sighting SightingOf(const DaemonSnapshot& snapshot, int settings) {
  Sighting sighting;
  sighting.state = StateOf(snapshot.state);
  sighting.wanted = snapshot.wanted;
  sighting.ready = snapshot.ready;
  sighting.is_unkillable = snapshot.unkillable;
  sighting.pid = snapshot.pid;
  sighting.exits = snapshot.counts->exits;
  sighting.restarts = snapshot.counts->restarts;
  sighting.settings = settings;
  sighting.has_evidence = snapshot.throttle != nullptr;
  if (snapshot.next_start_time.has_value()) {
    sighting.next_start = absl::ToUnixNanos(*snapshot.next_start_time);
  }
  sighting.status = snapshot.notes->status_text;
  sighting.has_log_problem = !snapshot.notes->log_problem.empty();
  if (snapshot.runs->empty()) return sighting;
  const EndedRun& run = snapshot.runs->front();
  sighting.run_pid = run.pid;
  sighting.run_end = EndOf(run.exit.end);
  sighting.run_was_asked_for = run.exit.requested;
  sighting.run_was_condemned = !run.exit.verdict.empty();
  return sighting;
}

}  // namespace simulation
}  // namespace hob
