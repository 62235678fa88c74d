#include "server/supervisor/runner_state.h"

#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/supervisor/field_lines.h"
#include "server/supervisor/hold_store.h"

namespace hob {
namespace {

constexpr char kFirstLine[] = "hob-runner 1\n";

}  // namespace

// Never rename a member or an enumerator name below: another version of hob may read the names.

template <>
struct NamesOf<DaemonState> {
  static constexpr std::pair<DaemonState, absl::string_view> kNames[] = {
      {DaemonState::kStopped, "stopped"},   {DaemonState::kStarting, "starting"},
      {DaemonState::kRunning, "running"},   {DaemonState::kBackoff, "backoff"},
      {DaemonState::kStopping, "stopping"}, {DaemonState::kClearing, "clearing"},
      {DaemonState::kExited, "exited"},     {DaemonState::kHalted, "halted"},
      {DaemonState::kWaiting, "waiting"},
  };
  static_assert(std::size(kNames) == kAllDaemonStates.size());
};

template <>
struct NamesOf<Dependency::Condition> {
  static constexpr std::pair<Dependency::Condition, absl::string_view> kNames[] = {
      {Dependency::Condition::kStarted, "started"},
      {Dependency::Condition::kReady, "ready"},
      {Dependency::Condition::kCompleted, "completed"},
  };
  static_assert(std::size(kNames) == static_cast<size_t>(Dependency::Condition::kCompleted) + 1);
};

template <>
struct NamesOf<DaemonHealth> {
  static constexpr std::pair<DaemonHealth, absl::string_view> kNames[] = {
      {DaemonHealth::kUnchecked, "unchecked"},
      {DaemonHealth::kUnknown, "unknown"},
      {DaemonHealth::kHealthy, "healthy"},
      {DaemonHealth::kUnhealthy, "unhealthy"},
  };
  static_assert(std::size(kNames) == static_cast<size_t>(DaemonHealth::kUnhealthy) + 1);
};

template <>
struct NamesOf<PendingUntil> {
  static constexpr std::pair<PendingUntil, absl::string_view> kNames[] = {
      {PendingUntil::kStopped, "stopped"},
      {PendingUntil::kCommand, "command"},
      {PendingUntil::kStart, "start"},
      {PendingUntil::kRoll, "roll"},
  };
  static_assert(std::size(kNames) == static_cast<size_t>(PendingUntil::kRoll) + 1);
};

template <>
struct NamesOf<RestartReason> {
  static constexpr std::pair<RestartReason, absl::string_view> kNames[] = {
      {RestartReason::kRetry, "retry"},
      {RestartReason::kBackoff, "backoff"},
      {RestartReason::kShortage, "shortage"},
      {RestartReason::kTrial, "trial"},
  };
  static_assert(std::size(kNames) == kAllRestartReasons.size());
};

template <>
struct NamesOf<ThrottleRule> {
  static constexpr std::pair<ThrottleRule, absl::string_view> kNames[] = {
      {ThrottleRule::kRetry, "retry"},
      {ThrottleRule::kBackoffDelay, "backoff_delay"},
      {ThrottleRule::kWindowFull, "window_full"},
      {ThrottleRule::kShortage, "shortage"},
      {ThrottleRule::kBudget, "budget"},
      {ThrottleRule::kTrialFailed, "trial_failed"},
      {ThrottleRule::kLeftExited, "left_exited"},
  };
  static_assert(std::size(kNames) == static_cast<size_t>(ThrottleRule::kLeftExited) + 1);
};

template <>
struct NamesOf<ThrottleAction> {
  static constexpr std::pair<ThrottleAction, absl::string_view> kNames[] = {
      {ThrottleAction::kStartNow, "start_now"},
      {ThrottleAction::kWait, "wait"},
      {ThrottleAction::kHalt, "halt"},
      {ThrottleAction::kLeave, "leave"},
  };
  static_assert(std::size(kNames) == static_cast<size_t>(ThrottleAction::kLeave) + 1);
};

template <>
struct NamesOf<EndOfProcess> {
  static constexpr const char* kNames[] = {"exited", "killed", "spawn_failure", "unobserved"};
};

template <>
struct NamesOf<Succession::State> {
  static constexpr const char* kNames[] = {"as_decided", "stopped", "restart", "final"};
};

HOB_FIELDS(Timestamp, monotonic, wall);
HOB_FIELDS(ExitedWithCode, code);
HOB_FIELDS(KilledBySignal, signal, core_dumped);
HOB_FIELDS(SpawnFailure, stage, error_number, message);

template <>
struct FieldsOf<UnobservedEnd> {
  static constexpr char kNames[] = "";
  static std::tuple<> Of(const UnobservedEnd&) { return {}; }
};

HOB_FIELDS(ResourceUsage, user_cpu, system_cpu, peak_resident_bytes);
HOB_FIELDS(ExitReport, end, time, uptime, requested, verdict, killed_processes, usage);
HOB_FIELDS(EndedRun, pid, start_time, ready_time, exit, last_stderr_line, config_generation);
HOB_FIELDS(Failure, time, description, end);
HOB_FIELDS(ThrottleDecision, action, rule, failures, failures_in_window, max_retries, retry_time,
           consecutive_restarts, delay, next_attempt);
HOB_FIELDS(DaemonCounts, restarts, restarts_by_reason, exits, exits_by_kind, log_stalls);
HOB_FIELDS(DaemonNotes, status_text, log_problem, small_pipe_bytes);
HOB_FIELDS(CommandRecord, method, caller, reason, time);
HOB_FIELDS(Dependency, daemon, condition, restarts_with);

// Without `spec`, `pending_spec` and `runs`, which are stored separately.
template <>
struct FieldsOf<DaemonSnapshot> {
  static constexpr char kNames[] =
      "pending_until, state, wanted, ready, health, unkillable, awaits_dependents, blockers, "
      "awaits_release, pid, "
      "running_generation, start_time, ready_time, reason, notes, counts, next_start_time, "
      "throttle, hold, "
      "last_command";
  template <typename S>
  static auto Of(S& s) {
    auto& [spec, pending_spec, pending_until, state, wanted, ready, health, unkillable,
           awaits_dependents, blockers, awaits_release, pid, running_generation, start_time,
           ready_time, reason, notes, counts, next_start_time, throttle, hold, last_command, runs] =
        s;
    return std::tie(pending_until, state, wanted, ready, health, unkillable, awaits_dependents,
                    blockers, awaits_release, pid, running_generation, start_time, ready_time,
                    reason, notes, counts, next_start_time, throttle, hold, last_command);
  }
};

HOB_FIELDS(Lifecycle::State, daemon, runs, reason, obstacle);
HOB_FIELDS(LiveInstance::State, spawned, main_ended, asked_at, kill_at, killed_at, killed_processes,
           unkillable_said, is_leftover, refusal, look_at, look_interval);
HOB_FIELDS(PendingStart::Start, reason, after_failure, is_trial, by_operator);
HOB_FIELDS(PendingStart::State, at, start, is_granted, is_blocked);
HOB_FIELDS(InstanceWatch::State, up_at, unready_at, unready_verdict, awaited_since, extended_until,
           never_ready, silent_at, is_trial, trial_won_at);
HOB_FIELDS(Succession::AsDecided, decision);
HOB_FIELDS(Succession::Stopped, reason);
HOB_FIELDS(Succession::Restart, reason, by_operator, is_automatic, stop_reason);
HOB_FIELDS(Succession::Final, is_removal, is_done);
HOB_FIELDS(Partner, daemon, exits);
HOB_FIELDS(Relations::State, ends_after, stop_reason, starts_after, partners);
HOB_FIELDS(RunnerState, lifecycle, has_instance, instance, start, watch, succession, verdict,
           told_by_operator, restarting, relations, has_pending_spec);

bool operator==(const RunnerState& a, const RunnerState& b) { return Equal(a, b); }

std::string SerializeRunnerState(const RunnerState& state) {
  FieldWriter writer;
  writer.Write("", state);
  return kFirstLine + writer.text();
}

absl::StatusOr<RunnerState> ParseRunnerState(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, kFirstLine)) {
    return absl::InvalidArgumentError("the first line is not \"hob-runner 1\"");
  }
  RunnerState state;
  FieldReader reader(text);
  reader.Read("", state);
  if (!reader.status().ok()) return reader.status();
  return state;
}

}  // namespace hob
