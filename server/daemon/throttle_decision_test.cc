#include "server/daemon/throttle_decision.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

// 2026-01-01 12:00:01.120 UTC.
Timestamp FirstFailure() {
  return {MonotonicTime::FromOrigin(absl::Seconds(1000)), absl::FromUnixMillis(1767268801120)};
}

Timestamp Later(Timestamp time, absl::Duration by) { return {time.monotonic + by, time.wall + by}; }

// Returns a decision with `count` failures as evidence, with exit codes 1, 2, ..., half a second
// apart.
ThrottleDecision DecisionAfter(int count) {
  ThrottleDecision decision;
  for (int i = 0; i < count; ++i) {
    const ExitedWithCode end{i + 1};
    decision.failures.push_back(
        {Later(FirstFailure(), i * absl::Milliseconds(500)), DescribeEnd(end), end});
  }
  decision.failures_in_window = count;
  decision.max_retries = 3;
  decision.retry_time = absl::Seconds(5);
  return decision;
}

ThrottleDecision WithNextAttempt(ThrottleDecision decision, absl::Duration delay) {
  decision.delay = delay;
  decision.next_attempt = Later(FirstFailure(), delay);
  return decision;
}

ThrottleDecision WithRule(ThrottleDecision decision, ThrottleAction action, ThrottleRule rule) {
  decision.action = action;
  decision.rule = rule;
  return decision;
}

TEST(ThrottleDecisionTest, RetryIsExplained) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(1), ThrottleAction::kStartNow, ThrottleRule::kRetry);
  EXPECT_EQ(ExplainDecision(decision),
            "1 failure within 5s (exit code 1 at 12:00:01.120), fewer than max_retries = 3: "
            "restarted at once");
  EXPECT_EQ(WhatClears(decision, "web"),
            "each 5s after it happened; all of them by `hob restart web` or a "
            "changed command in the configuration");
}

TEST(ThrottleDecisionTest, BackoffIsExplained) {
  ThrottleDecision decision =
      WithRule(WithNextAttempt(DecisionAfter(2), absl::Microseconds(1234567)),
               ThrottleAction::kWait, ThrottleRule::kBackoffDelay);
  decision.consecutive_restarts = 2;
  EXPECT_EQ(
      ExplainDecision(decision),
      "2 failures within 5s (exit code 1 at 12:00:01.120, exit code 2 at 12:00:01.620), fewer "
      "than max_retries = 3: restart 2 in a row waits 1.234s");
  EXPECT_EQ(WhatClears(decision, "web"),
            "each 5s after it happened; all of them by `hob restart web` or a "
            "changed command in the configuration");
}

TEST(ThrottleDecisionTest, FullWindowIsExplained) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(3), ThrottleAction::kHalt, ThrottleRule::kWindowFull);
  EXPECT_EQ(ExplainDecision(decision),
            "3 failures within 5s (exit code 1 at 12:00:01.120, exit code 2 at 12:00:01.620, exit "
            "code 3 at 12:00:02.120), max_retries = 3: given up");
  EXPECT_EQ(WhatClears(decision, "web"),
            "never on their own; by `hob restart web` or a changed command in the configuration");
}

TEST(ThrottleDecisionTest, FullWindowWithTrialsIsExplained) {
  const ThrottleDecision decision = WithRule(WithNextAttempt(DecisionAfter(1), absl::Minutes(1)),
                                             ThrottleAction::kHalt, ThrottleRule::kWindowFull);
  EXPECT_EQ(
      ExplainDecision(decision),
      "1 failure within 5s (exit code 1 at 12:00:01.120), max_retries = 3: given up; one trial "
      "start every 1min");
  EXPECT_EQ(WhatClears(decision, "web"),
            "by a trial start that stays up for 5s, `hob restart web` or a changed command in the "
            "configuration");
}

TEST(ThrottleDecisionTest, FailedTrialIsExplained) {
  const ThrottleDecision decision = WithRule(WithNextAttempt(DecisionAfter(1), absl::Seconds(90)),
                                             ThrottleAction::kHalt, ThrottleRule::kTrialFailed);
  EXPECT_EQ(ExplainDecision(decision),
            "the trial start failed (exit code 1 at 12:00:01.120): given up again; one trial start "
            "every 1min30s");
  EXPECT_EQ(WhatClears(decision, "web"),
            "by a trial start that stays up for 5s, `hob restart web` or a changed command in the "
            "configuration");
}

TEST(ThrottleDecisionTest, FailedTrialNamesTheEndOfTheTrialOnly) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(3), ThrottleAction::kHalt, ThrottleRule::kTrialFailed);
  EXPECT_EQ(ExplainDecision(decision),
            "the trial start failed (exit code 3 at 12:00:02.120): given up again");
  EXPECT_EQ(WhatClears(decision, "web"),
            "never on their own; by `hob restart web` or a changed command in the configuration");
}

TEST(ThrottleDecisionTest, ShortageIsExplained) {
  const ThrottleDecision decision =
      WithRule(WithNextAttempt(DecisionAfter(0), absl::Milliseconds(100)), ThrottleAction::kWait,
               ThrottleRule::kShortage);
  EXPECT_EQ(
      ExplainDecision(decision),
      "the machine is short of something, which does not count against the daemon: next try in "
      "100ms");
  EXPECT_EQ(WhatClears(decision, "web"), "by a start that succeeds");
}

TEST(ThrottleDecisionTest, SpentBudgetIsExplained) {
  const ThrottleDecision decision =
      WithRule(WithNextAttempt(DecisionAfter(0), absl::Milliseconds(2500)), ThrottleAction::kWait,
               ThrottleRule::kBudget);
  EXPECT_EQ(ExplainDecision(decision),
            "the machine's budget of automatic starts (start_rate, start_burst) is spent: its turn "
            "comes in 2.5s");
  EXPECT_EQ(WhatClears(decision, "web"),
            "when its turn comes; `hob start web` does not wait for it");
}

TEST(ThrottleDecisionTest, DaemonThatIsLeftExitedIsExplained) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(0), ThrottleAction::kLeave, ThrottleRule::kLeftExited);
  EXPECT_EQ(ExplainDecision(decision),
            "it has ended, and its `restart` setting does not start it again");
  EXPECT_EQ(WhatClears(decision, "web"), "by `hob start web`");
}

TEST(ThrottleDecisionTest, FiveFailuresAreNamedInFull) {
  EXPECT_THAT(
      ExplainDecision(WithRule(DecisionAfter(5), ThrottleAction::kHalt, ThrottleRule::kWindowFull)),
      ::testing::StartsWith("5 failures within 5s (exit code 1 at 12:00:01.120, exit"));
}

TEST(ThrottleDecisionTest, OfMoreThanFiveTheLatestAreNamed) {
  EXPECT_EQ(
      ExplainDecision(WithRule(DecisionAfter(6), ThrottleAction::kHalt, ThrottleRule::kWindowFull)),
      "6 failures within 5s (..., exit code 2 at 12:00:01.620, exit code 3 at 12:00:02.120, "
      "exit code 4 at 12:00:02.620, exit code 5 at 12:00:03.120, exit code 6 at "
      "12:00:03.620), max_retries = 3: given up");
}

TEST(ThrottleDecisionTest, FailuresWithoutEvidenceAreCountedAndHintedAt) {
  ThrottleDecision decision =
      WithRule(DecisionAfter(1), ThrottleAction::kHalt, ThrottleRule::kWindowFull);
  decision.failures_in_window = 1000;
  EXPECT_EQ(ExplainDecision(decision),
            "1000 failures within 5s (..., exit code 1 at 12:00:01.120), max_retries = 3: given "
            "up");
}

TEST(ThrottleDecisionTest, TimesAreInTheLocalZone) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(1), ThrottleAction::kStartNow, ThrottleRule::kRetry);
  ASSERT_EQ(setenv("TZ", "Fixed/UTC+02:00:00", 1), 0);
  EXPECT_THAT(ExplainDecision(decision), ::testing::HasSubstr("at 14:00:01.120"));
  ASSERT_EQ(setenv("TZ", "UTC", 1), 0);
  EXPECT_THAT(ExplainDecision(decision), ::testing::HasSubstr("at 12:00:01.120"));
}

TEST(ThrottleDecisionTest, WhatIsNoRuleIsNotExplained) {
  const ThrottleDecision decision =
      WithRule(DecisionAfter(1), ThrottleAction::kHalt, static_cast<ThrottleRule>(99));
  EXPECT_EQ(ExplainDecision(decision), "");
  EXPECT_EQ(WhatClears(decision, "web"), "");
}

}  // namespace
}  // namespace hob
