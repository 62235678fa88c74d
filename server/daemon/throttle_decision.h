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

// The rules of the restart throttle. Each decision names the one that fired.
enum class ThrottleRule {
  // Fewer than `max_retries` failures within `retry_time`: start again at once.
  kRetry,
  // As kRetry, but after the delay that `backoff` asks for.
  kBackoffDelay,
  // `max_retries` failures within `retry_time`: give up.
  kWindowFull,
  // A shortage of the machine: try again after a delay of its own, nothing counted.
  kShortage,
  // The machine's budget has no start left at this moment.
  kBudget,
  // A trial start of `on_halt = retry` failed: give up again, however few failures the window
  // holds.
  kTrialFailed,
  // The `restart` setting says to leave a daemon that ended so.
  kLeftExited,
};

// The action that a decision asks for.
enum class ThrottleAction {
  kStartNow,
  // Start at `next_attempt`.
  kWait,
  // HALTED; a trial start at `next_attempt` if there is one.
  kHalt,
  // EXITED.
  kLeave,
};

// A failure that counted.
struct Failure {
  Timestamp time;
  // DescribeEnd of the instance's end, or the verdict for which hob ended it.
  std::string description;
  EndOfProcess end;
};

// A decision with its evidence. A plain value.
struct ThrottleDecision {
  ThrottleAction action = ThrottleAction::kStartNow;
  ThrottleRule rule = ThrottleRule::kRetry;
  // The failures that are in the window; of more than kMaxEvidence, the latest ones.
  std::vector<Failure> failures;
  int64_t failures_in_window = 0;
  // The policy that was applied.
  int64_t max_retries = 0;
  absl::Duration retry_time;
  // Restarts in a row, the one decided here included, that the delay was computed from; 0 without
  // back-off.
  int consecutive_restarts = 0;
  // Until the next attempt; zero for kStartNow.
  absl::Duration delay;
  // Time of the next attempt; absent if none comes by itself.
  absl::optional<Timestamp> next_attempt;
};

// Most failures that a decision carries as evidence.
inline constexpr int kMaxEvidence = 20;

// Returns the decision in a sentence, with its numbers: "3 failures within 5s (exit code 1 at
// 12:00:01.120,
// ...): given up". Times are in the local time zone.
std::string ExplainDecision(const ThrottleDecision& decision);

// Returns the same without the evidence: "3 failures within 5s: given up".
std::string SummarizeDecision(const ThrottleDecision& decision);

// Says in a sentence what makes hob forget the evidence; names the commands to give.
std::string WhatClears(const ThrottleDecision& decision, const std::string& daemon);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_THROTTLE_DECISION_H_
