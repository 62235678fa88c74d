#include "server/throttle/restart_decision.h"

#include <algorithm>
#include <cmath>

namespace hob {
namespace {

// Shortages of the machine have their own back-off.
constexpr absl::Duration kMinShortageDelay = absl::Milliseconds(100);
constexpr absl::Duration kMaxShortageDelay = absl::Seconds(30);

bool IsShortage(const ExitReport& exit) {
  const auto* failure = absl::get_if<SpawnFailure>(&exit.end);
  return failure != nullptr && failure->IsShortage();
}

bool IsLeftAlone(const RestartPolicy& policy, const ExitReport& exit) {
  switch (policy.restart) {
    case RestartMode::kAlways:
      return false;
    case RestartMode::kNever:
      return true;
    case RestartMode::kOnFailure: {
      const auto* exited = absl::get_if<ExitedWithCode>(&exit.end);
      const std::vector<int>& codes = policy.success_exit_codes;
      return exited != nullptr && exit.verdict.empty() &&
             std::find(codes.begin(), codes.end(), exited->code) != codes.end();
    }
  }
  return false;
}

void AddFailure(const ExitReport& exit, absl::Duration retry_time, FailureHistory& history) {
  const MonotonicTime now = exit.time.monotonic;
  history.window.push_back(now);
  // A failure of exactly that age stays.
  while (now - history.window.front() > retry_time) history.window.pop_front();

  history.evidence.push_back(
      {exit.time, exit.verdict.empty() ? DescribeEnd(exit.end) : exit.verdict, exit.end});
  while (history.evidence.size() > kMaxEvidence ||
         now - history.evidence.front().time.monotonic > retry_time) {
    history.evidence.pop_front();
  }
}

// Returns the delay before restart number `restarts_in_a_row` (from 1). backoff * factor^(n-1)
// overflows a duration long before n does; min() in floating point is safe.
absl::Duration BackoffDelay(const RestartPolicy& policy, int restarts_in_a_row, double random) {
  const double seconds = absl::ToDoubleSeconds(policy.backoff) *
                         std::pow(policy.backoff_factor, restarts_in_a_row - 1);
  const double delay = std::min(seconds, absl::ToDoubleSeconds(policy.backoff_max));
  return absl::Seconds(delay + delay * policy.backoff_jitter * random);
}

absl::Duration ShortageDelay(int shortages_in_a_row) {
  constexpr int kMaxDoublings = 9;
  const int doublings = std::min(shortages_in_a_row - 1, kMaxDoublings);
  return std::min(kMinShortageDelay * (1 << doublings), kMaxShortageDelay);
}

void AttemptAfter(absl::Duration delay, const ExitReport& exit, ThrottleDecision& decision) {
  decision.delay = delay;
  decision.next_attempt = Timestamp{exit.time.monotonic + delay, exit.time.wall + delay};
}

ThrottleDecision Halt(ThrottleRule rule, const RestartPolicy& policy, const ExitReport& exit,
                      FailureHistory& history, ThrottleDecision decision) {
  history.halted = true;
  decision.action = ThrottleAction::kHalt;
  decision.rule = rule;
  if (policy.on_halt == OnHalt::kRetry) AttemptAfter(policy.halt_retry, exit, decision);
  return decision;
}

ThrottleDecision WaitOutShortage(const ExitReport& exit, FailureHistory& history,
                                 ThrottleDecision decision) {
  decision.action = ThrottleAction::kWait;
  decision.rule = ThrottleRule::kShortage;
  AttemptAfter(ShortageDelay(++history.shortages_in_a_row), exit, decision);
  return decision;
}

ThrottleDecision StartAgain(const RestartPolicy& policy, const ExitReport& exit, double random,
                            FailureHistory& history, ThrottleDecision decision) {
  if (policy.backoff <= absl::ZeroDuration()) {
    AttemptAfter(absl::ZeroDuration(), exit, decision);
    return decision;
  }
  decision.action = ThrottleAction::kWait;
  decision.rule = ThrottleRule::kBackoffDelay;
  decision.consecutive_restarts = ++history.restarts_in_a_row;
  AttemptAfter(BackoffDelay(policy, decision.consecutive_restarts, random), exit, decision);
  return decision;
}

}  // namespace

ThrottleDecision DecideRestart(const RestartPolicy& policy, const ExitReport& exit, double random,
                               FailureHistory& history) {
  ThrottleDecision decision;
  decision.max_retries = policy.max_retries;
  decision.retry_time = policy.retry_time;

  // Shortages come first: a daemon that never ran has not exited.
  if (IsShortage(exit)) return WaitOutShortage(exit, history, decision);
  if (IsLeftAlone(policy, exit)) {
    decision.action = ThrottleAction::kLeave;
    decision.rule = ThrottleRule::kLeftExited;
    return decision;
  }

  history.shortages_in_a_row = 0;
  if (exit.uptime >= std::max(policy.backoff_max, policy.retry_time)) history.restarts_in_a_row = 0;
  if (history.halted && exit.uptime >= policy.retry_time) history = FailureHistory();
  const bool trial = history.halted;

  AddFailure(exit, policy.retry_time, history);
  decision.failures.assign(history.evidence.begin(), history.evidence.end());
  decision.failures_in_window = history.window.size();
  if (trial) return Halt(ThrottleRule::kTrialFailed, policy, exit, history, decision);
  if (decision.failures_in_window >= policy.max_retries) {
    return Halt(ThrottleRule::kWindowFull, policy, exit, history, decision);
  }
  return StartAgain(policy, exit, random, history, decision);
}

}  // namespace hob
