#ifndef HOB_SERVER_DAEMON_THROTTLE_DECISION_H_
#define HOB_SERVER_DAEMON_THROTTLE_DECISION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/exit_report.h"

namespace hob {

// The rules of the restart throttle. Each decision names the one that applied.
enum class ThrottleRule {
  // Fewer than `max_retries` failures within `retry_time`: restart immediately.
  kRetry,
  // As kRetry, but after the delay set by `backoff`.
  kBackoffDelay,
  // `max_retries` failures within `retry_time`: give up.
  kWindowFull,
  // A shortage of the machine: retry after a separate delay; the failure does not count.
  kShortage,
  // The machine's start budget is used up at the moment.
  kBudget,
  // A trial start of `on_halt = retry` failed: give up again, regardless of the number of failures
  // in the window.
  kTrialFailed,
  // The `restart` setting excludes a restart after this end.
  kLeftExited,
};

// The action to take after a decision.
enum class ThrottleAction {
  kStartNow,
  // Start at `next_attempt`.
  kWait,
  // HALTED; a trial start at `next_attempt` if there is one.
  kHalt,
  // EXITED.
  kLeave,
};

// A counted failure.
struct Failure {
  Timestamp time;
  // DescribeEnd of the instance's end, or the verdict if hob ended the instance.
  std::string description;
  EndOfProcess end;
};

// A decision with its evidence. A plain value.
struct ThrottleDecision {
  ThrottleAction action = ThrottleAction::kStartNow;
  ThrottleRule rule = ThrottleRule::kRetry;
  // The failures in the window; only the latest kMaxEvidence if there are more.
  std::vector<Failure> failures;
  int64_t failures_in_window = 0;
  // The policy that was applied.
  int64_t max_retries = 0;
  absl::Duration retry_time;
  // Number of restarts in a row, including the present one, from which the delay was computed; 0
  // without back-off.
  int consecutive_restarts = 0;
  // Time until the next attempt; zero for kStartNow.
  absl::Duration delay;
  // Time of the next attempt; absent if there is no automatic one.
  absl::optional<Timestamp> next_attempt;
};

// Largest number of failures that a decision holds as evidence.
inline constexpr int kMaxEvidence = 20;

// Returns the decision as a sentence with its numbers: "3 failures within 5s (exit code 1 at
// 12:00:01.120, ...): given up". Times are in the local time zone.
std::string ExplainDecision(const ThrottleDecision& decision);

// Returns the decision as a sentence without the evidence: "3 failures within 5s: given up".
std::string SummarizeDecision(const ThrottleDecision& decision);

// Returns a sentence on how hob forgets the evidence, with the commands that do it.
std::string WhatClears(const ThrottleDecision& decision, const std::string& daemon);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_THROTTLE_DECISION_H_
