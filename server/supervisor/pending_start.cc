#include "server/supervisor/pending_start.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// Returns the reason to count for a start that is not a trial.
RestartReason ReasonFor(ThrottleRule rule) {
  switch (rule) {
    case ThrottleRule::kShortage:
      return RestartReason::kShortage;
    case ThrottleRule::kBackoffDelay:
      return RestartReason::kBackoff;
    case ThrottleRule::kRetry:
    case ThrottleRule::kWindowFull:
    case ThrottleRule::kBudget:
    case ThrottleRule::kTrialFailed:
    case ThrottleRule::kLeftExited:
      break;
  }
  return RestartReason::kRetry;
}

}  // namespace

void PendingStart::Plan(MonotonicTime at, std::string reason, bool by_operator) {
  state_ = State();
  state_.at = at;
  state_.start.reason = std::move(reason);
  state_.start.by_operator = by_operator;
  state_.is_granted = by_operator;
}

void PendingStart::PlanAfter(const ThrottleDecision& decision, const ExitReport& exit,
                             bool was_trial) {
  Cancel();
  if (!decision.next_attempt.has_value()) return;
  // If the machine was short of something during a trial, the next attempt is still a trial.
  const bool is_trial = decision.action == ThrottleAction::kHalt ||
                        (was_trial && decision.rule == ThrottleRule::kShortage);
  state_.at = decision.next_attempt->monotonic;
  state_.start.is_trial = is_trial;
  state_.start.after_failure = is_trial ? RestartReason::kTrial : ReasonFor(decision.rule);
  state_.start.reason = absl::StrCat(is_trial ? "trial start after " : "restarted after ",
                                     exit.verdict.empty() ? DescribeEnd(exit.end) : exit.verdict);
}

void PendingStart::GrantFrom(MonotonicTime time) {
  state_.is_granted = true;
  state_.at = std::max(state_.at, time);
}

PendingStart::Start PendingStart::Take() { return std::exchange(state_, State()).start; }

}  // namespace hob
