#include "server/supervisor/pending_start.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

MonotonicTime At(int64_t seconds) { return MonotonicTime::FromOrigin(absl::Seconds(seconds)); }

ExitReport Exit(int code) {
  ExitReport exit;
  exit.end = ExitedWithCode{code};
  return exit;
}

ThrottleDecision Decide(ThrottleAction action, ThrottleRule rule, MonotonicTime at) {
  ThrottleDecision decision;
  decision.action = action;
  decision.rule = rule;
  decision.next_attempt = Timestamp{at, absl::UnixEpoch()};
  return decision;
}

TEST(PendingStartTest, BeginsWithoutAStart) {
  PendingStart start;
  EXPECT_FALSE(start.is_planned());
  EXPECT_FALSE(start.is_trial());
  EXPECT_EQ(start.at(), kNever);
}

TEST(PendingStartTest, AStartOfAnOperatorNeedsNoGrant) {
  PendingStart start;
  start.Plan(At(5), "started by an operator", /*by_operator=*/true);
  EXPECT_TRUE(start.is_planned());
  EXPECT_TRUE(start.is_granted());
  EXPECT_EQ(start.at(), At(5));
  const PendingStart::Start taken = start.Take();
  EXPECT_EQ(taken.reason, "started by an operator");
  EXPECT_FALSE(taken.after_failure.has_value());
  EXPECT_FALSE(taken.is_trial);
  EXPECT_FALSE(start.is_planned());
}

TEST(PendingStartTest, TheBudgetMayPutAStartOffButNotForward) {
  PendingStart start;
  start.Plan(At(5), "boot", /*by_operator=*/false);
  EXPECT_FALSE(start.is_granted());
  start.GrantFrom(At(3));
  EXPECT_TRUE(start.is_granted());
  EXPECT_EQ(start.at(), At(5));
  start.GrantFrom(At(9));
  EXPECT_EQ(start.at(), At(9));
  EXPECT_EQ(start.Take().reason, "boot");
}

TEST(PendingStartTest, EachRuleHasItsReasonForARestart) {
  const std::pair<ThrottleRule, RestartReason> cases[] = {
      {ThrottleRule::kRetry, RestartReason::kRetry},
      {ThrottleRule::kBackoffDelay, RestartReason::kBackoff},
      {ThrottleRule::kShortage, RestartReason::kShortage},
  };
  for (const auto& [rule, reason] : cases) {
    PendingStart start;
    start.PlanAfter(Decide(ThrottleAction::kWait, rule, At(7)), Exit(3), /*was_trial=*/false);
    EXPECT_EQ(start.at(), At(7));
    EXPECT_FALSE(start.is_granted());
    EXPECT_FALSE(start.is_trial());
    const PendingStart::Start taken = start.Take();
    EXPECT_EQ(taken.after_failure, reason);
    EXPECT_EQ(taken.reason, "restarted after exit code 3");
  }
}

TEST(PendingStartTest, TheVerdictIsTheBetterReason) {
  ExitReport exit = Exit(0);
  exit.verdict = "it was not ready within 1s";
  PendingStart start;
  start.PlanAfter(Decide(ThrottleAction::kStartNow, ThrottleRule::kRetry, At(1)), exit,
                  /*was_trial=*/false);
  EXPECT_EQ(start.Take().reason, "restarted after it was not ready within 1s");
}

TEST(PendingStartTest, AfterGivingUpATrialStarts) {
  PendingStart start;
  start.PlanAfter(Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, At(60)), Exit(1),
                  /*was_trial=*/false);
  EXPECT_TRUE(start.is_trial());
  const PendingStart::Start taken = start.Take();
  EXPECT_TRUE(taken.is_trial);
  EXPECT_EQ(taken.after_failure, RestartReason::kTrial);
  EXPECT_EQ(taken.reason, "trial start after exit code 1");
  EXPECT_FALSE(start.is_trial());
}

TEST(PendingStartTest, ATrialThatMetAShortageIsTriedAgain) {
  PendingStart start;
  start.PlanAfter(Decide(ThrottleAction::kWait, ThrottleRule::kShortage, At(2)), Exit(1),
                  /*was_trial=*/true);
  EXPECT_TRUE(start.is_trial());
  EXPECT_EQ(start.Take().after_failure, RestartReason::kTrial);
}

TEST(PendingStartTest, ATrialThatEndedOtherwiseIsOver) {
  PendingStart start;
  start.PlanAfter(Decide(ThrottleAction::kStartNow, ThrottleRule::kRetry, At(2)), Exit(1),
                  /*was_trial=*/true);
  EXPECT_TRUE(start.is_planned());
  EXPECT_FALSE(start.is_trial());
}

TEST(PendingStartTest, ADecisionWithoutAnAttemptPlansNothing) {
  ThrottleDecision decision = Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, At(2));
  decision.next_attempt.reset();
  PendingStart start;
  start.Plan(At(1), "boot", /*by_operator=*/false);
  start.PlanAfter(decision, Exit(1), /*was_trial=*/false);
  EXPECT_FALSE(start.is_planned());
  EXPECT_FALSE(start.is_trial());
}

TEST(PendingStartTest, ALaterPlanReplacesAnEarlierOne) {
  PendingStart start;
  start.PlanAfter(Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, At(60)), Exit(1),
                  /*was_trial=*/false);
  start.Plan(At(3), "started by an operator", /*by_operator=*/true);
  EXPECT_FALSE(start.is_trial());
  EXPECT_EQ(start.at(), At(3));
  EXPECT_FALSE(start.Take().after_failure.has_value());
}

TEST(PendingStartTest, CancelForgetsTheStart) {
  PendingStart start;
  start.Plan(At(3), "started by an operator", /*by_operator=*/true);
  start.Cancel();
  EXPECT_FALSE(start.is_planned());
  EXPECT_FALSE(start.is_granted());
  EXPECT_EQ(start.state().start.reason, "");
}

}  // namespace
}  // namespace hob
