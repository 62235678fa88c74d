#include "server/api/convert.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace hob {
namespace {

void Convert(absl::Time from, google::protobuf::Timestamp* to) {
  const int64_t seconds = absl::ToUnixSeconds(from);
  to->set_seconds(seconds);
  to->set_nanos((from - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1));
}

void Convert(absl::Duration from, google::protobuf::Duration* to) {
  absl::Duration rest;
  to->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &rest));
  to->set_nanos(rest / absl::Nanoseconds(1));
}

struct ConvertEnd {
  v1::Exit& exit;

  void operator()(const ExitedWithCode& end) const { exit.set_exit_code(end.code); }
  void operator()(const KilledBySignal& end) const {
    exit.set_signal(end.signal);
    exit.set_core_dumped(end.core_dumped);
  }
  void operator()(const SpawnFailure& end) const {
    v1::SpawnError& error = *exit.mutable_spawn_error();
    error.set_stage(end.stage);
    error.set_errno(end.error_number);
    error.set_message(end.message);
  }
  void operator()(const UnobservedEnd&) const { exit.set_unobserved(true); }
};

void ConvertExit(const ExitReport& from, v1::Exit& exit) {
  absl::visit(ConvertEnd{exit}, from.end);
  Convert(from.time.wall, exit.mutable_time());
  exit.set_requested(from.requested);
}

v1::Throttle::Rule ConvertRule(ThrottleRule rule) {
  switch (rule) {
    case ThrottleRule::kRetry:
      return v1::Throttle::RETRY;
    case ThrottleRule::kBackoffDelay:
      return v1::Throttle::BACKOFF_DELAY;
    case ThrottleRule::kWindowFull:
      return v1::Throttle::WINDOW_FULL;
    case ThrottleRule::kShortage:
      return v1::Throttle::SHORTAGE;
    case ThrottleRule::kBudget:
      return v1::Throttle::BUDGET;
    case ThrottleRule::kTrialFailed:
      return v1::Throttle::TRIAL_FAILED;
    case ThrottleRule::kLeftExited:
      return v1::Throttle::LEFT_EXITED;
  }
  return v1::Throttle::RULE_UNSPECIFIED;
}

void ConvertDecision(const ThrottleDecision& from, const std::string& daemon,
                     v1::Throttle& throttle) {
  throttle.set_rule(ConvertRule(from.rule));
  throttle.set_explanation(ExplainDecision(from));
  for (const Failure& failure : from.failures) {
    v1::Throttle::Failure& to = *throttle.add_failures();
    Convert(failure.time.wall, to.mutable_time());
    absl::visit(ConvertEnd{*to.mutable_exit()}, failure.end);
    *to.mutable_exit()->mutable_time() = to.time();
  }
  throttle.set_max_retries(from.max_retries);
  Convert(from.retry_time, throttle.mutable_retry_time());
  throttle.set_consecutive_restarts(from.consecutive_restarts);
  if (from.next_attempt.has_value()) {
    Convert(from.next_attempt->wall, throttle.mutable_next_attempt_time());
  }
  throttle.set_cleared_by(WhatClears(from, daemon));
}

v1::DaemonChange::Action ConvertAction(PlanAction action) {
  switch (action) {
    case PlanAction::kAdd:
      return v1::DaemonChange::ADD;
    case PlanAction::kRemove:
      return v1::DaemonChange::REMOVE;
    case PlanAction::kRestart:
      return v1::DaemonChange::RESTART;
    case PlanAction::kRoll:
      return v1::DaemonChange::ROLL;
    case PlanAction::kUpdate:
      return v1::DaemonChange::UPDATE;
    case PlanAction::kUnchanged:
      return v1::DaemonChange::UNCHANGED;
  }
  return v1::DaemonChange::ACTION_UNSPECIFIED;
}

v1::RollResponse::Step ConvertStep(Roll::Step step) {
  switch (step) {
    case Roll::Step::kBegun:
      return v1::RollResponse::BEGUN;
    case Roll::Step::kDone:
      return v1::RollResponse::DONE;
    case Roll::Step::kSkipped:
      return v1::RollResponse::SKIPPED;
    case Roll::Step::kFailed:
      return v1::RollResponse::FAILED;
  }
  return v1::RollResponse::STEP_UNSPECIFIED;
}

}  // namespace

v1::Daemon::State ToProto(DaemonState state) {
  switch (state) {
    case DaemonState::kStopped:
      return v1::Daemon::STOPPED;
    case DaemonState::kStarting:
      return v1::Daemon::STARTING;
    case DaemonState::kRunning:
      return v1::Daemon::RUNNING;
    case DaemonState::kBackoff:
      return v1::Daemon::BACKOFF;
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      return v1::Daemon::STOPPING;
    case DaemonState::kExited:
      return v1::Daemon::EXITED;
    case DaemonState::kHalted:
      return v1::Daemon::HALTED;
    case DaemonState::kWaiting:
      return v1::Daemon::WAITING;
  }
  return v1::Daemon::STATE_UNSPECIFIED;
}

v1::Daemon::Health ToProto(DaemonHealth health) {
  switch (health) {
    case DaemonHealth::kUnchecked:
      return v1::Daemon::HEALTH_UNSPECIFIED;
    case DaemonHealth::kUnknown:
      return v1::Daemon::HEALTH_UNKNOWN;
    case DaemonHealth::kHealthy:
      return v1::Daemon::HEALTHY;
    case DaemonHealth::kUnhealthy:
      return v1::Daemon::UNHEALTHY;
  }
  return v1::Daemon::HEALTH_UNSPECIFIED;
}

v1::Dependency::Condition ToProto(Dependency::Condition condition) {
  switch (condition) {
    case Dependency::Condition::kStarted:
      return v1::Dependency::STARTED;
    case Dependency::Condition::kReady:
      return v1::Dependency::READY;
    case Dependency::Condition::kCompleted:
      return v1::Dependency::COMPLETED;
  }
  return v1::Dependency::CONDITION_UNSPECIFIED;
}

void ToProto(const DaemonSnapshot& snapshot, v1::Daemon& daemon) {
  daemon.set_name(snapshot.name());
  daemon.set_state(ToProto(snapshot.state));
  daemon.set_wanted(snapshot.wanted);
  daemon.set_ready(snapshot.ready);
  daemon.set_health(ToProto(snapshot.health));
  daemon.set_pid(snapshot.pid);
  if (snapshot.start_time.has_value()) Convert(*snapshot.start_time, daemon.mutable_start_time());
  // An instance that is being stopped was ready once, but no longer is.
  if (snapshot.ready && snapshot.ready_time.has_value()) {
    Convert(*snapshot.ready_time, daemon.mutable_ready_time());
  }
  daemon.set_reason(snapshot.reason);
  daemon.set_status_text(snapshot.notes.status_text);
  daemon.set_log_problem(snapshot.notes.log_problem);
  daemon.set_unkillable(snapshot.unkillable);
  daemon.set_restart_count(snapshot.counts.restarts);
  daemon.set_exit_count(snapshot.counts.exits);
  if (!snapshot.runs->empty()) {
    ConvertExit(snapshot.runs->front().exit, *daemon.mutable_last_exit());
  }
  if (snapshot.next_start_time.has_value()) {
    Convert(*snapshot.next_start_time, daemon.mutable_next_start_time());
  }
  for (const Dependency& dependency : snapshot.blockers) {
    v1::Blocker& blocker = *daemon.add_blockers();
    blocker.set_kind(v1::Blocker::DEPENDENCY);
    blocker.set_daemon(dependency.daemon);
    blocker.set_condition(ToProto(dependency.condition));
  }
  if (snapshot.awaits_release) daemon.add_blockers()->set_kind(v1::Blocker::HOLD);
  if (snapshot.hold != nullptr) {
    v1::Hold& hold = *daemon.mutable_hold();
    hold.set_owner(snapshot.hold->owner);
    hold.set_reason(snapshot.hold->reason);
    Convert(snapshot.hold->create_time, hold.mutable_create_time());
    if (snapshot.hold->expire_time.has_value()) {
      Convert(*snapshot.hold->expire_time, hold.mutable_expire_time());
    }
  }
  if (snapshot.last_command != nullptr) {
    v1::Command& command = *daemon.mutable_last_command();
    command.set_method(snapshot.last_command->method);
    command.set_caller(snapshot.last_command->caller);
    command.set_reason(snapshot.last_command->reason);
    Convert(snapshot.last_command->time, command.mutable_time());
  }
  if (snapshot.throttle != nullptr) {
    ConvertDecision(*snapshot.throttle, snapshot.name(), *daemon.mutable_throttle());
  }
  daemon.set_config_generation(snapshot.latest_spec().generation);
  daemon.set_running_generation(snapshot.running_generation);
  daemon.set_instance_of(snapshot.spec->instance_of);
  daemon.set_instance(snapshot.spec->instance);
}

void ToProto(const DaemonSpec& from, v1::DaemonSpec& spec) {
  spec.set_command(from.command);
  for (const std::string& word : from.argv) spec.add_argv(word);
  spec.set_origin(from.origin);
  spec.mutable_settings()->insert(from.settings->begin(), from.settings->end());
}

void ToProto(const EndedRun& from, v1::Run& run) {
  run.set_pid(from.pid);
  Convert(from.start_time, run.mutable_start_time());
  if (from.ready_time.has_value()) Convert(*from.ready_time, run.mutable_ready_time());
  ConvertExit(from.exit, *run.mutable_exit());
  Convert(from.exit.usage.user_cpu, run.mutable_user_cpu_time());
  Convert(from.exit.usage.system_cpu, run.mutable_system_cpu_time());
  run.set_peak_memory_bytes(from.exit.usage.peak_resident_bytes);
  run.set_verdict(from.exit.verdict);
  run.set_last_stderr_line(from.last_stderr_line);
  run.set_killed_count(from.exit.killed_processes);
  run.set_config_generation(from.config_generation);
}

void ToProto(const CheckResult& from, v1::CheckResult& result) {
  Convert(from.time, result.mutable_time());
  result.set_ok(from.ok);
  result.set_message(from.message);
  Convert(from.latency, result.mutable_latency());
  result.set_consecutive_failures(from.consecutive_failures);
  result.set_consecutive_successes(from.consecutive_successes);
}

void ToProto(const PlanEntry& entry, v1::DaemonChange& change) {
  change.set_name(entry.name);
  change.set_action(ConvertAction(entry.action));
  for (const std::string& key : entry.keys) change.add_keys(key);
  change.set_held(entry.held);
}

void ToProto(const Roll::Event& event, v1::RollResponse& response) {
  if (event.daemon != nullptr) {
    ToProto(*event.daemon, *response.mutable_daemon());
  } else {
    response.mutable_daemon()->set_name(event.name);
  }
  response.set_step(ConvertStep(event.step));
  response.set_done_count(event.done_count);
  response.set_total_count(event.total_count);
}

void ToProto(const DaemonOutcome& outcome, v1::DaemonChange& change) {
  change.set_state(ToProto(outcome.state));
  change.set_failure(outcome.failure);
}

void ToProto(const ConfigProblem& problem, v1::ConfigError& error) {
  error.set_file(problem.file);
  error.set_line(problem.line);
  error.set_message(problem.message);
}

void PresentRunToProto(const DaemonSnapshot& snapshot, v1::Run& run) {
  run.set_pid(snapshot.pid);
  Convert(*snapshot.start_time, run.mutable_start_time());
  if (snapshot.ready_time.has_value()) Convert(*snapshot.ready_time, run.mutable_ready_time());
  run.set_config_generation(snapshot.running_generation);
}

void ToProto(const WatchEvent& event, v1::WatchResponse& response) {
  response.set_sequence(event.sequence);
  response.set_resume_token(event.resume_token);
  switch (event.kind) {
    case WatchEvent::Kind::kDaemon:
      ToProto(*event.daemon, *response.mutable_daemon());
      response.set_removed(event.removed);
      break;
    case WatchEvent::Kind::kSynced:
      response.set_synced(true);
      break;
    case WatchEvent::Kind::kGap:
      response.set_gap(event.missed);
      break;
  }
  if (event.time.has_value()) Convert(*event.time, response.mutable_time());
}

}  // namespace hob
