#include "server/supervisor/succession.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

ThrottleDecision Decision(ThrottleAction action) {
  ThrottleDecision decision;
  decision.action = action;
  decision.next_attempt = Timestamp{MonotonicTime::FromOrigin(absl::Seconds(7)), absl::UnixEpoch()};
  return decision;
}

const ThrottleDecision& DecisionOf(const Succession& succession) {
  return absl::get<Succession::AsDecided>(succession.state()).decision;
}

TEST(SuccessionTest, TheThrottleDecidesUnlessSomethingElseIsAskedFor) {
  Succession succession;
  EXPECT_TRUE(succession.is_as_decided());
  EXPECT_EQ(succession.StopReason(), "");
  succession.Decide(Decision(ThrottleAction::kWait));
  const Succession::State next = succession.Take();
  EXPECT_EQ(absl::get<Succession::AsDecided>(next).decision.action, ThrottleAction::kWait);
}

TEST(SuccessionTest, ADecisionIsTakenOnce) {
  Succession succession;
  succession.Decide(Decision(ThrottleAction::kHalt));
  succession.Take();
  EXPECT_FALSE(DecisionOf(succession).next_attempt.has_value());
}

TEST(SuccessionTest, AStopComesBeforeADecision) {
  Succession succession;
  succession.StayStopped("stopped by an operator");
  succession.Decide(Decision(ThrottleAction::kStartNow));
  EXPECT_FALSE(succession.is_as_decided());
  EXPECT_EQ(succession.StopReason(), "stopped by an operator");
  const Succession::State next = succession.Take();
  EXPECT_EQ(absl::get<Succession::Stopped>(next).reason, "stopped by an operator");
  EXPECT_TRUE(succession.is_as_decided()) << "the next instance begins anew";
  EXPECT_EQ(succession.StopReason(), "");
}

TEST(SuccessionTest, AStartAfterAStopRemembersTheStop) {
  Succession succession;
  succession.StayStopped("stopped by an operator");
  succession.StartAgain("started by an operator", /*by_operator=*/true);
  succession.StartAgain("started by the configuration", /*by_operator=*/false);
  EXPECT_EQ(succession.StopReason(), "stopped by an operator");
  const Succession::State next = succession.Take();
  const auto& restart = absl::get<Succession::Restart>(next);
  EXPECT_EQ(restart.reason, "started by the configuration");
  EXPECT_FALSE(restart.by_operator);
  EXPECT_EQ(restart.stop_reason, "stopped by an operator");
}

TEST(SuccessionTest, ARestartAloneStopsNothing) {
  Succession succession;
  succession.StartAgain("restarted by an operator", /*by_operator=*/true);
  EXPECT_EQ(succession.StopReason(), "");
  EXPECT_TRUE(absl::get<Succession::Restart>(succession.Take()).by_operator);
}

TEST(SuccessionTest, NoTrialFollowsOnceItIsDropped) {
  Succession succession;
  succession.Decide(Decision(ThrottleAction::kHalt));
  succession.DropTrial();
  EXPECT_EQ(DecisionOf(succession).action, ThrottleAction::kHalt);
  EXPECT_FALSE(DecisionOf(succession).next_attempt.has_value());
}

TEST(SuccessionTest, OnlyATrialIsDropped) {
  Succession succession;
  succession.Decide(Decision(ThrottleAction::kWait));
  succession.DropTrial();
  EXPECT_TRUE(DecisionOf(succession).next_attempt.has_value());
  succession.StartAgain("restarted by an operator", /*by_operator=*/true);
  succession.DropTrial();
  EXPECT_TRUE(absl::holds_alternative<Succession::Restart>(succession.state()));
}

TEST(SuccessionTest, TheEndStays) {
  Succession succession;
  EXPECT_FALSE(succession.is_final());
  EXPECT_FALSE(succession.is_removal());
  EXPECT_FALSE(succession.finished());
  succession.Finish(/*is_removal=*/true);
  EXPECT_EQ(succession.StopReason(), "removed from the configuration");
  EXPECT_TRUE(absl::holds_alternative<Succession::Final>(succession.Take()));
  EXPECT_TRUE(succession.is_final());
  EXPECT_TRUE(succession.is_removal());
  EXPECT_FALSE(succession.finished());
  succession.Finished();
  EXPECT_TRUE(succession.finished());
  EXPECT_TRUE(succession.is_removal());
}

TEST(SuccessionTest, AShutdownIsNoRemoval) {
  Succession succession;
  succession.Finish(/*is_removal=*/true);
  succession.Finish(/*is_removal=*/false);
  EXPECT_TRUE(succession.is_final());
  EXPECT_FALSE(succession.is_removal());
  EXPECT_EQ(succession.StopReason(), "the server is shutting down");
}

}  // namespace
}  // namespace hob
