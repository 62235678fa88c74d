#include "server/supervisor/lifecycle.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <typename Counts>
int64_t Sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

class LifecycleTest : public testing::Test {
 protected:
  static std::shared_ptr<const DaemonSpec> Web() {
    auto spec = std::make_shared<DaemonSpec>();
    spec->name = "web";
    return spec;
  }

  ExitReport Exit(int code) {
    ExitReport report;
    report.end = ExitedWithCode{code};
    report.time = clock_.Now();
    return report;
  }

  ThrottleDecision Decide(ThrottleAction action, ThrottleRule rule, absl::Duration delay) {
    ThrottleDecision decision;
    decision.action = action;
    decision.rule = rule;
    decision.delay = delay;
    const Timestamp now = clock_.Now();
    decision.next_attempt = Timestamp{now.monotonic + delay, now.wall + delay};
    return decision;
  }

  void ComeUp() {
    life_.StartBegins("started", /*restart=*/absl::nullopt);
    life_.Spawned(7);
    life_.BecameReady();
  }

  SimulatedClock clock_;
  std::vector<DaemonSnapshotPtr> published_;
  Lifecycle life_{Web(), clock_,
                  [this](DaemonSnapshotPtr daemon) { published_.push_back(std::move(daemon)); }};
};

TEST_F(LifecycleTest, ItBeginsStoppedAndPublishesNothingByItself) {
  EXPECT_EQ(life_.state(), DaemonState::kStopped);
  EXPECT_FALSE(life_.wanted());
  EXPECT_THAT(published_, IsEmpty());
  ASSERT_NE(life_.latest(), nullptr);
  EXPECT_THAT(*life_.latest()->runs, IsEmpty());
}

TEST_F(LifecycleTest, EveryChangeIsASnapshotOfItsOwn) {
  life_.SetWanted(true);
  ComeUp();
  ASSERT_EQ(published_.size(), 4);
  EXPECT_TRUE(published_[0]->wanted);
  EXPECT_EQ(published_[1]->state, DaemonState::kStarting);
  EXPECT_EQ(published_[1]->pid, 0);
  EXPECT_EQ(published_[2]->pid, 7);
  EXPECT_FALSE(published_[2]->ready);
  EXPECT_EQ(published_[3]->state, DaemonState::kRunning);
  EXPECT_TRUE(published_[3]->ready);
  EXPECT_EQ(published_[3], life_.latest());
}

TEST_F(LifecycleTest, AnEndIsRecordedWithTheTimesOfItsRun) {
  const absl::Time start = clock_.Now().wall;
  ComeUp();
  clock_.Advance(absl::Seconds(4));
  life_.Ended(Exit(3));
  const EndedRun& run = life_.now().runs->front();
  EXPECT_EQ(run.pid, 7);
  EXPECT_EQ(run.start_time, start);
  EXPECT_EQ(run.ready_time, start);
  EXPECT_EQ(run.exit.time.wall, start + absl::Seconds(4));
  EXPECT_EQ(life_.now().counts.exits, 1);
  EXPECT_EQ(life_.now().pid, 0);
  EXPECT_FALSE(life_.now().ready);
}

TEST_F(LifecycleTest, WhatNeverRanHasNoTimesOfTheRunBefore) {
  ComeUp();
  life_.Ended(Exit(1));
  life_.StartsAgain(Decide(ThrottleAction::kStartNow, ThrottleRule::kRetry, absl::ZeroDuration()));
  clock_.Advance(absl::Seconds(4));
  life_.StartBegins("again", RestartReason::kRetry);
  ExitReport report = Exit(0);
  report.end = SpawnFailure{"exec", 2, "missing"};
  life_.Ended(report);
  const EndedRun& run = life_.now().runs->front();
  EXPECT_EQ(run.pid, 0);
  EXPECT_EQ(run.start_time, clock_.Now().wall);
  EXPECT_FALSE(run.ready_time.has_value());
  EXPECT_EQ(life_.now().counts.restarts, 1);
}

TEST_F(LifecycleTest, EachEndAndEachRestartIsCountedWithItsKindInTheSamePublication) {
  ComeUp();
  ExitReport killed = Exit(0);
  killed.end = KilledBySignal{9};
  life_.Ended(killed);
  life_.Waits(Decide(ThrottleAction::kWait, ThrottleRule::kBackoffDelay, absl::Seconds(1)));
  life_.StartBegins("again", RestartReason::kBackoff);
  ExitReport missing = Exit(0);
  missing.end = SpawnFailure{"exec", 2, "missing"};
  life_.Ended(missing);
  life_.GivenUp(Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, absl::Minutes(1)));
  life_.StartBegins("trial", RestartReason::kTrial);
  life_.Spawned(8);
  life_.Ended(Exit(1));
  life_.GivenUp(Decide(ThrottleAction::kHalt, ThrottleRule::kTrialFailed, absl::Minutes(1)));
  EXPECT_THAT(life_.latest()->counts.exits_by_kind, ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(life_.latest()->counts.restarts_by_reason, ElementsAre(0, 1, 0, 1));
  for (const DaemonSnapshotPtr& told : published_) {
    EXPECT_EQ(Sum(told->counts.exits_by_kind), told->counts.exits);
    EXPECT_EQ(Sum(told->counts.restarts_by_reason), told->counts.restarts);
  }
}

TEST_F(LifecycleTest, AStallIsCountedOnceHoweverItsReasonChanges) {
  ComeUp();
  life_.SetLogProblem("log stalled: a");
  life_.SetLogProblem("log stalled: a; log stalled: b");
  EXPECT_EQ(life_.latest()->counts.log_stalls, 1);
  life_.SetLogProblem("");
  EXPECT_EQ(life_.latest()->counts.log_stalls, 1);
  life_.SetLogProblem("log stalled: a");
  EXPECT_EQ(life_.latest()->counts.log_stalls, 2);
}

TEST_F(LifecycleTest, SnapshotsThatAreOutDoNotChange) {
  ComeUp();
  const DaemonSnapshotPtr up = life_.latest();
  life_.Ended(Exit(1));
  life_.StartsAgain(Decide(ThrottleAction::kStartNow, ThrottleRule::kRetry, absl::ZeroDuration()));
  EXPECT_EQ(up->state, DaemonState::kRunning);
  EXPECT_EQ(up->pid, 7);
  EXPECT_THAT(*up->runs, IsEmpty());
}

TEST_F(LifecycleTest, TheNextStartIsToldOnlyWhileItIsWaitedFor) {
  ComeUp();
  life_.Ended(Exit(1));
  life_.StartsAgain(Decide(ThrottleAction::kStartNow, ThrottleRule::kRetry, absl::ZeroDuration()));
  EXPECT_FALSE(life_.latest()->next_start_time.has_value());
  life_.Waits(Decide(ThrottleAction::kWait, ThrottleRule::kBudget, absl::Seconds(3)));
  EXPECT_EQ(life_.latest()->next_start_time, clock_.Now().wall + absl::Seconds(3));
  life_.StartBegins("again", RestartReason::kRetry);
  EXPECT_FALSE(life_.latest()->next_start_time.has_value());
  life_.Ended(Exit(1));
  life_.GivenUp(Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, absl::Minutes(1)));
  EXPECT_TRUE(life_.latest()->next_start_time.has_value());
  life_.NoTrialComes();
  EXPECT_FALSE(life_.latest()->next_start_time.has_value());
  EXPECT_FALSE(life_.latest()->throttle->next_attempt.has_value());
  life_.Stopped("stopped");
  EXPECT_FALSE(life_.latest()->next_start_time.has_value());
}

TEST_F(LifecycleTest, TheReasonOfADecisionNamesTheEndAndTheVerdict) {
  ComeUp();
  ExitReport report = Exit(0);
  report.verdict = "not ready within 1s";
  life_.Ended(report);
  life_.LeftExited(Decide(ThrottleAction::kLeave, ThrottleRule::kLeftExited, absl::ZeroDuration()));
  EXPECT_THAT(life_.latest()->reason, HasSubstr("not ready within 1s; exit code 0; it has ended"));
}

TEST_F(LifecycleTest, AClearedHistoryShowsWithTheNextEvent) {
  ComeUp();
  life_.Ended(Exit(1));
  life_.GivenUp(Decide(ThrottleAction::kHalt, ThrottleRule::kWindowFull, absl::Minutes(1)));
  life_.HistoryCleared();
  EXPECT_NE(life_.latest()->throttle, nullptr);
  life_.Remark("told");
  EXPECT_EQ(life_.latest()->throttle, nullptr);
}

TEST_F(LifecycleTest, AnIllegalMoveIsABug) {
  EXPECT_DEBUG_DEATH(life_.BecameReady(), "web: illegal move from STOPPED to RUNNING");
}

}  // namespace
}  // namespace hob
