#include "server/throttle/restart_decision.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using ::testing::ElementsAre;

// The largest `random` that a caller passes.
constexpr double kAlmostOne = 0.9999999999999999;

// Simulates a daemon that ends on command; tests advance the time.
class RestartDecisionTest : public ::testing::Test {
 protected:
  // Ends the daemon after `uptime`.
  ThrottleDecision EndAfter(absl::Duration uptime, EndOfProcess end = ExitedWithCode{1},
                            std::string verdict = "") {
    clock_.Advance(uptime);
    ExitReport exit;
    exit.end = std::move(end);
    exit.time = clock_.Now();
    exit.uptime = uptime;
    exit.verdict = std::move(verdict);
    return DecideRestart(policy_, exit, random_, history_);
  }

  ThrottleDecision FailToSpawn(int error, const std::string& message = "something is wrong") {
    return EndAfter(absl::ZeroDuration(), SpawnFailure{"exec", error, message});
  }

  // Lets time pass while the daemon is down.
  void Wait(absl::Duration time) { clock_.Advance(time); }

  // Makes the daemon HALTED through immediate exits.
  void Halt() {
    for (int i = 1; i < policy_.max_retries; ++i) EndAfter(absl::ZeroDuration());
    ASSERT_EQ(EndAfter(absl::ZeroDuration()).action, ThrottleAction::kHalt);
  }

  SimulatedClock clock_;
  RestartPolicy policy_;
  FailureHistory history_;
  double random_ = 0;
};

// ---- The window.

TEST_F(RestartDecisionTest, FailureBelowTheLimitRestartsAtOnce) {
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kStartNow);
  EXPECT_EQ(decision.rule, ThrottleRule::kRetry);
  EXPECT_EQ(decision.failures_in_window, 1);
  EXPECT_EQ(decision.delay, absl::ZeroDuration());
  EXPECT_EQ(decision.next_attempt->monotonic, clock_.Now().monotonic);
  EXPECT_EQ(decision.consecutive_restarts, 0);
}

TEST_F(RestartDecisionTest, CrashLoopingDaemonIsHaltedAtTheThirdFailureByDefault) {
  EXPECT_EQ(EndAfter(absl::Seconds(1)).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::Seconds(1)).action, ThrottleAction::kStartNow);
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.rule, ThrottleRule::kWindowFull);
  EXPECT_EQ(decision.failures_in_window, 3);
  EXPECT_EQ(decision.max_retries, 3);
  EXPECT_EQ(decision.retry_time, absl::Seconds(5));
}

TEST_F(RestartDecisionTest, ExitCodeZeroIsAFailure) {
  policy_.max_retries = 2;
  EXPECT_EQ(EndAfter(absl::Seconds(1), ExitedWithCode{0}).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::Seconds(1), ExitedWithCode{0}).action, ThrottleAction::kHalt);
}

TEST_F(RestartDecisionTest, DeathBySignalIsAFailure) {
  policy_.max_retries = 2;
  EXPECT_EQ(EndAfter(absl::Seconds(1), KilledBySignal{9, false}).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::Seconds(1), KilledBySignal{15, false}).action, ThrottleAction::kHalt);
}

TEST_F(RestartDecisionTest, FailureAsOldAsRetryTimeCounts) {
  policy_.max_retries = 2;
  EndAfter(absl::Seconds(1));
  const ThrottleDecision decision = EndAfter(absl::Seconds(5));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 2);
  EXPECT_EQ(decision.failures.size(), 2);
}

TEST_F(RestartDecisionTest, FailureOlderThanRetryTimeIsDropped) {
  policy_.max_retries = 2;
  EndAfter(absl::Seconds(1));
  const ThrottleDecision decision = EndAfter(absl::Seconds(5) + absl::Nanoseconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kStartNow);
  EXPECT_EQ(decision.failures_in_window, 1);
  EXPECT_EQ(decision.failures.size(), 1);
}

TEST_F(RestartDecisionTest, WindowSlides) {
  // Failures at 0, 2, 6, 8 and 9 s: the first window of 5 s with three of them ends at 9 s.
  EXPECT_EQ(EndAfter(absl::ZeroDuration()).failures_in_window, 1);
  EXPECT_EQ(EndAfter(absl::Seconds(2)).failures_in_window, 2);
  EXPECT_EQ(EndAfter(absl::Seconds(4)).failures_in_window, 2);
  EXPECT_EQ(EndAfter(absl::Seconds(2)).failures_in_window, 2);
  EXPECT_EQ(EndAfter(absl::Seconds(1)).action, ThrottleAction::kHalt);
}

TEST_F(RestartDecisionTest, MaxRetriesZeroAndOneNeverRestart) {
  for (int max_retries : {0, 1}) {
    policy_.max_retries = max_retries;
    history_ = FailureHistory();
    const ThrottleDecision decision = EndAfter(absl::Hours(1000));
    EXPECT_EQ(decision.action, ThrottleAction::kHalt) << max_retries;
    EXPECT_EQ(decision.rule, ThrottleRule::kWindowFull) << max_retries;
    EXPECT_EQ(decision.failures_in_window, 1) << max_retries;
  }
}

TEST_F(RestartDecisionTest, RetryTimeZeroCountsOnlySimultaneousFailures) {
  policy_.retry_time = absl::ZeroDuration();
  policy_.max_retries = 2;
  EXPECT_EQ(EndAfter(absl::Nanoseconds(1)).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::Nanoseconds(1)).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::ZeroDuration()).action, ThrottleAction::kHalt);
}

TEST_F(RestartDecisionTest, FailureToExecCountsWithStageAndErrno) {
  policy_.max_retries = 2;
  EXPECT_EQ(FailToSpawn(ENOENT).action, ThrottleAction::kStartNow);
  const ThrottleDecision decision = FailToSpawn(EACCES, "/bin/x: Permission denied");
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 2);
  const Failure& latest = decision.failures.back();
  EXPECT_EQ(latest.description, "exec: /bin/x: Permission denied");
  const auto* spawn = absl::get_if<SpawnFailure>(&latest.end);
  ASSERT_NE(spawn, nullptr);
  EXPECT_EQ(spawn->stage, "exec");
  EXPECT_EQ(spawn->error_number, EACCES);
}

TEST_F(RestartDecisionTest, EvidenceHoldsTimeAndEndOfEachFailure) {
  EndAfter(absl::Seconds(1), ExitedWithCode{7});
  const Timestamp first = clock_.Now();
  const ThrottleDecision decision = EndAfter(absl::Seconds(2), KilledBySignal{11, true});
  ASSERT_EQ(decision.failures.size(), 2);
  EXPECT_EQ(decision.failures[0].description, "exit code 7");
  EXPECT_EQ(decision.failures[0].time.monotonic, first.monotonic);
  EXPECT_EQ(decision.failures[0].time.wall, first.wall);
  EXPECT_EQ(decision.failures[1].description, "signal 11 (SEGV), core dumped");
  EXPECT_EQ(decision.failures[1].time.monotonic, first.monotonic + absl::Seconds(2));
}

TEST_F(RestartDecisionTest, VerdictIsTheDescriptionOfItsFailure) {
  const ThrottleDecision decision =
      EndAfter(absl::Seconds(60), KilledBySignal{15, false}, "not ready within 60s");
  ASSERT_EQ(decision.failures.size(), 1);
  EXPECT_EQ(decision.failures[0].description, "not ready within 60s");
  EXPECT_TRUE(absl::holds_alternative<KilledBySignal>(decision.failures[0].end));
}

TEST_F(RestartDecisionTest, EvidenceIsBoundedWhileTheCountIsExact) {
  policy_.max_retries = 1000;
  ThrottleDecision decision;
  for (int i = 1; i <= 100; ++i) {
    decision = EndAfter(absl::Milliseconds(10), ExitedWithCode{i});
    EXPECT_EQ(decision.failures_in_window, i);
    EXPECT_EQ(decision.failures.size(), std::min(i, kMaxEvidence));
  }
  EXPECT_EQ(decision.failures.front().description, "exit code 81");
  EXPECT_EQ(decision.failures.back().description, "exit code 100");
}

TEST_F(RestartDecisionTest, WindowLargerThanTheEvidenceStillHalts) {
  policy_.max_retries = 50;
  for (int i = 1; i < 50; ++i) {
    EXPECT_EQ(EndAfter(absl::Milliseconds(10)).action, ThrottleAction::kStartNow) << i;
  }
  const ThrottleDecision decision = EndAfter(absl::Milliseconds(10));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 50);
  EXPECT_EQ(decision.failures.size(), kMaxEvidence);
}

TEST_F(RestartDecisionTest, OccasionalFailuresDoNotUseUpMemory) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(EndAfter(absl::Seconds(3)).action, ThrottleAction::kStartNow);
  }
  EXPECT_EQ(history_.window.size(), 2);
  EXPECT_EQ(history_.evidence.size(), 2);
}

// ---- Shortages of the machine.

TEST_F(RestartDecisionTest, EachShortageWaitsAHundredMilliseconds) {
  for (int error : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
    history_ = FailureHistory();
    const ThrottleDecision decision = FailToSpawn(error);
    EXPECT_EQ(decision.action, ThrottleAction::kWait) << error;
    EXPECT_EQ(decision.rule, ThrottleRule::kShortage) << error;
    EXPECT_EQ(decision.delay, absl::Milliseconds(100)) << error;
    EXPECT_EQ(decision.next_attempt->monotonic, clock_.Now().monotonic + absl::Milliseconds(100));
    EXPECT_EQ(decision.next_attempt->wall, clock_.Now().wall + absl::Milliseconds(100));
  }
}

TEST_F(RestartDecisionTest, ShortageDelayDoublesUpToThirtySeconds) {
  std::vector<int64_t> delays;
  for (int i = 0; i < 12; ++i) {
    delays.push_back(absl::ToInt64Milliseconds(FailToSpawn(EAGAIN).delay));
  }
  EXPECT_THAT(delays,
              ElementsAre(100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000));
}

TEST_F(RestartDecisionTest, ShortageOfDaysStillWaitsThirtySeconds) {
  for (int i = 0; i < 10'000; ++i) FailToSpawn(ENOMEM);
  EXPECT_EQ(FailToSpawn(ENOMEM).delay, absl::Seconds(30));
}

TEST_F(RestartDecisionTest, ShortageDoesNotCountInTheWindow) {
  EndAfter(absl::ZeroDuration());
  EndAfter(absl::ZeroDuration());
  for (int i = 0; i < 10; ++i) {
    const ThrottleDecision decision = FailToSpawn(EAGAIN);
    EXPECT_EQ(decision.action, ThrottleAction::kWait);
    EXPECT_EQ(decision.failures_in_window, 0);
    EXPECT_TRUE(decision.failures.empty());
  }
  EXPECT_EQ(history_.window.size(), 2);
  const ThrottleDecision decision = EndAfter(absl::ZeroDuration());
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 3);
}

TEST_F(RestartDecisionTest, ShortageNeverHaltsEvenWithoutRetries) {
  policy_.max_retries = 0;
  EXPECT_EQ(FailToSpawn(EAGAIN).action, ThrottleAction::kWait);
}

TEST_F(RestartDecisionTest, EndOfARunResetsTheShortages) {
  policy_.max_retries = 10;
  FailToSpawn(EAGAIN);
  EXPECT_EQ(FailToSpawn(EAGAIN).delay, absl::Milliseconds(200));
  EndAfter(absl::Seconds(1));
  EXPECT_EQ(FailToSpawn(EAGAIN).delay, absl::Milliseconds(100));
}

TEST_F(RestartDecisionTest, FailureToExecResetsTheShortages) {
  policy_.max_retries = 10;
  FailToSpawn(EAGAIN);
  FailToSpawn(ENOENT);
  EXPECT_EQ(FailToSpawn(EAGAIN).delay, absl::Milliseconds(100));
}

TEST_F(RestartDecisionTest, ShortageKeepsTheBackoff) {
  policy_.max_retries = 10;
  policy_.backoff = absl::Seconds(1);
  EndAfter(absl::Seconds(1));
  EXPECT_EQ(FailToSpawn(EAGAIN).consecutive_restarts, 0);
  EXPECT_EQ(EndAfter(absl::Seconds(1)).delay, absl::Seconds(2));
}

// ---- Key `restart`.

TEST_F(RestartDecisionTest, NeverLeavesEveryEnd) {
  policy_.restart = RestartMode::kNever;
  for (const EndOfProcess& end :
       {EndOfProcess(ExitedWithCode{0}), EndOfProcess(ExitedWithCode{1}),
        EndOfProcess(KilledBySignal{9, false}), EndOfProcess(SpawnFailure{"exec", ENOENT, ""})}) {
    const ThrottleDecision decision = EndAfter(absl::Seconds(1), end);
    EXPECT_EQ(decision.action, ThrottleAction::kLeave);
    EXPECT_EQ(decision.rule, ThrottleRule::kLeftExited);
    EXPECT_FALSE(decision.next_attempt.has_value());
    EXPECT_EQ(decision.failures_in_window, 0);
  }
  EXPECT_TRUE(history_.window.empty());
}

TEST_F(RestartDecisionTest, NeverLeavesInstancesThatHobEnded) {
  policy_.restart = RestartMode::kNever;
  EXPECT_EQ(EndAfter(absl::Seconds(60), ExitedWithCode{0}, "not ready within 60s").action,
            ThrottleAction::kLeave);
}

TEST_F(RestartDecisionTest, OnFailureLeavesASuccessCode) {
  policy_.restart = RestartMode::kOnFailure;
  policy_.success_exit_codes = {0, 42};
  for (int code : {0, 42}) {
    const ThrottleDecision decision = EndAfter(absl::Seconds(1), ExitedWithCode{code});
    EXPECT_EQ(decision.action, ThrottleAction::kLeave) << code;
    EXPECT_EQ(decision.rule, ThrottleRule::kLeftExited) << code;
  }
  EXPECT_TRUE(history_.window.empty());
}

TEST_F(RestartDecisionTest, OnFailureRestartsAfterEveryOtherEnd) {
  policy_.restart = RestartMode::kOnFailure;
  policy_.success_exit_codes = {42};
  policy_.max_retries = 10;
  for (const EndOfProcess& end :
       {EndOfProcess(ExitedWithCode{0}), EndOfProcess(ExitedWithCode{1}),
        EndOfProcess(KilledBySignal{42, false}), EndOfProcess(SpawnFailure{"exec", 42, ""})}) {
    EXPECT_EQ(EndAfter(absl::Seconds(1), end).action, ThrottleAction::kStartNow);
  }
  EXPECT_EQ(history_.window.size(), 4);
}

TEST_F(RestartDecisionTest, OnFailureWithoutSuccessCodesRestartsAlways) {
  policy_.restart = RestartMode::kOnFailure;
  policy_.success_exit_codes = {};
  EXPECT_EQ(EndAfter(absl::Seconds(1), ExitedWithCode{0}).action, ThrottleAction::kStartNow);
}

TEST_F(RestartDecisionTest, AlwaysIgnoresSuccessCodes) {
  policy_.success_exit_codes = {0, 1};
  EXPECT_EQ(EndAfter(absl::Seconds(1), ExitedWithCode{1}).action, ThrottleAction::kStartNow);
}

TEST_F(RestartDecisionTest, VerdictOverridesASuccessCode) {
  policy_.restart = RestartMode::kOnFailure;
  const ThrottleDecision decision =
      EndAfter(absl::Seconds(60), ExitedWithCode{0}, "not ready within 60s");
  EXPECT_EQ(decision.action, ThrottleAction::kStartNow);
  EXPECT_EQ(decision.failures_in_window, 1);
}

TEST_F(RestartDecisionTest, ShortageWaitsUnderOnFailureToo) {
  policy_.restart = RestartMode::kOnFailure;
  EXPECT_EQ(FailToSpawn(EAGAIN).action, ThrottleAction::kWait);
}

// ---- Back-off.

class BackoffTest : public RestartDecisionTest {
 protected:
  BackoffTest() {
    policy_.max_retries = 1000;
    policy_.backoff = absl::Seconds(1);
  }

  // Returns the delays after the next `count` ends, each after a second of uptime.
  std::vector<double> NextDelays(int count) {
    std::vector<double> seconds;
    for (int i = 0; i < count; ++i) {
      seconds.push_back(absl::ToDoubleSeconds(EndAfter(absl::Seconds(1)).delay));
    }
    return seconds;
  }
};

TEST_F(BackoffTest, DelayDoublesUpToThirtySecondsByDefault) {
  EXPECT_THAT(NextDelays(7), ElementsAre(1, 2, 4, 8, 16, 30, 30));
}

TEST_F(BackoffTest, DecisionHoldsRestartNumberAndTime) {
  EndAfter(absl::Seconds(1));
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kWait);
  EXPECT_EQ(decision.rule, ThrottleRule::kBackoffDelay);
  EXPECT_EQ(decision.consecutive_restarts, 2);
  EXPECT_EQ(decision.next_attempt->monotonic, clock_.Now().monotonic + absl::Seconds(2));
  EXPECT_EQ(decision.next_attempt->wall, clock_.Now().wall + absl::Seconds(2));
}

TEST_F(BackoffTest, FactorIsApplied) {
  policy_.backoff_factor = 3;
  policy_.backoff_max = absl::Minutes(1);
  EXPECT_THAT(NextDelays(5), ElementsAre(1, 3, 9, 27, 60));
}

TEST_F(BackoffTest, FactorOneKeepsTheDelay) {
  policy_.backoff_factor = 1;
  EXPECT_THAT(NextDelays(4), ElementsAre(1, 1, 1, 1));
}

TEST_F(BackoffTest, FirstDelayIsCapped) {
  policy_.backoff_max = absl::Milliseconds(1500);
  EXPECT_THAT(NextDelays(3), ElementsAre(1, 1.5, 1.5));
  history_ = FailureHistory();
  policy_.backoff = absl::Seconds(2);
  EXPECT_THAT(NextDelays(2), ElementsAre(1.5, 1.5));
}

TEST_F(BackoffTest, ThousandthDelayIsStillTheCap) {
  policy_.max_retries = 1'000'000;
  policy_.backoff_factor = 10;
  NextDelays(1999);
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.consecutive_restarts, 2000);
  EXPECT_EQ(decision.delay, absl::Seconds(30));
}

TEST_F(BackoffTest, JitterAddsUpToItsFraction) {
  policy_.backoff_jitter = 0.5;
  random_ = 0.5;
  EXPECT_EQ(EndAfter(absl::Seconds(1)).delay, absl::Milliseconds(1250));
  random_ = kAlmostOne;
  const absl::Duration longest = EndAfter(absl::Seconds(1)).delay;
  EXPECT_LE(longest, absl::Seconds(3));
  EXPECT_GT(longest, absl::Milliseconds(2999));
}

TEST_F(BackoffTest, JitterGoesOnTopOfTheCap) {
  policy_.backoff = absl::Seconds(100);
  random_ = 0.5;
  EXPECT_EQ(EndAfter(absl::Seconds(1)).delay, absl::Milliseconds(31500));
}

TEST_F(BackoffTest, WithoutJitterRandomIsIgnored) {
  policy_.backoff_jitter = 0;
  random_ = kAlmostOne;
  EXPECT_THAT(NextDelays(3), ElementsAre(1, 2, 4));
}

TEST_F(BackoffTest, UptimeOfBackoffMaxResetsTheBackoff) {
  NextDelays(3);
  const ThrottleDecision decision = EndAfter(absl::Seconds(30));
  EXPECT_EQ(decision.consecutive_restarts, 1);
  EXPECT_EQ(decision.delay, absl::Seconds(1));
}

TEST_F(BackoffTest, UptimeBelowBackoffMaxContinuesTheBackoff) {
  NextDelays(3);
  EXPECT_EQ(EndAfter(absl::Seconds(30) - absl::Nanoseconds(1)).consecutive_restarts, 4);
}

TEST_F(BackoffTest, UptimeMustReachRetryTimeIfThatIsLonger) {
  policy_.retry_time = absl::Minutes(1);
  NextDelays(3);
  EXPECT_EQ(EndAfter(absl::Minutes(1) - absl::Nanoseconds(1)).consecutive_restarts, 4);
  EXPECT_EQ(EndAfter(absl::Minutes(1)).consecutive_restarts, 1);
}

TEST_F(BackoffTest, TimeInBackoffIsNotUptime) {
  NextDelays(3);
  Wait(absl::Minutes(10));
  EXPECT_EQ(EndAfter(absl::Seconds(1)).consecutive_restarts, 4);
}

TEST_F(BackoffTest, WindowHaltsDespiteTheBackoff) {
  policy_.max_retries = 3;
  NextDelays(2);
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.rule, ThrottleRule::kWindowFull);
  EXPECT_EQ(decision.consecutive_restarts, 0);
  EXPECT_FALSE(decision.next_attempt.has_value());
}

// ---- Trials.

TEST_F(RestartDecisionTest, PermanentHaltHasNoNextAttempt) {
  policy_.max_retries = 1;
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_FALSE(decision.next_attempt.has_value());
}

class TrialTest : public RestartDecisionTest {
 protected:
  TrialTest() {
    policy_.on_halt = OnHalt::kRetry;
    policy_.halt_retry = absl::Seconds(90);
  }
};

TEST_F(TrialTest, HaltHoldsTheTimeOfTheTrial) {
  policy_.max_retries = 1;
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.rule, ThrottleRule::kWindowFull);
  EXPECT_EQ(decision.delay, absl::Seconds(90));
  EXPECT_EQ(decision.next_attempt->monotonic, clock_.Now().monotonic + absl::Seconds(90));
  EXPECT_EQ(decision.next_attempt->wall, clock_.Now().wall + absl::Seconds(90));
}

TEST_F(TrialTest, FailedTrialHaltsWhateverTheWindowHolds) {
  Halt();
  Wait(policy_.halt_retry);
  const ThrottleDecision decision = EndAfter(policy_.retry_time - absl::Nanoseconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.rule, ThrottleRule::kTrialFailed);
  EXPECT_EQ(decision.failures_in_window, 1);
  EXPECT_EQ(decision.next_attempt->monotonic, clock_.Now().monotonic + absl::Seconds(90));
}

TEST_F(TrialTest, AnotherTrialFollowsEveryFailedOne) {
  Halt();
  for (int i = 0; i < 100; ++i) {
    Wait(policy_.halt_retry);
    const ThrottleDecision decision = EndAfter(absl::Seconds(1));
    EXPECT_EQ(decision.rule, ThrottleRule::kTrialFailed);
    EXPECT_EQ(decision.delay, absl::Seconds(90));
  }
}

TEST_F(TrialTest, TrialUpForRetryTimeClearsTheHistory) {
  policy_.retry_time = absl::Minutes(10);
  Halt();
  Wait(policy_.halt_retry);
  const ThrottleDecision decision = EndAfter(policy_.retry_time);
  EXPECT_EQ(decision.action, ThrottleAction::kStartNow);
  EXPECT_EQ(decision.rule, ThrottleRule::kRetry);
  EXPECT_EQ(decision.failures_in_window, 1);
  EXPECT_EQ(EndAfter(absl::ZeroDuration()).action, ThrottleAction::kStartNow);
  EXPECT_EQ(EndAfter(absl::ZeroDuration()).rule, ThrottleRule::kWindowFull);
}

TEST_F(TrialTest, SuccessfulTrialResetsTheBackoff) {
  policy_.backoff = absl::Seconds(1);
  Halt();
  Wait(policy_.halt_retry);
  EXPECT_EQ(EndAfter(policy_.retry_time).consecutive_restarts, 1);
}

TEST_F(TrialTest, WithoutRetriesASuccessfulTrialHaltsAgain) {
  policy_.max_retries = 0;
  Halt();
  Wait(policy_.halt_retry);
  const ThrottleDecision decision = EndAfter(policy_.retry_time);
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.rule, ThrottleRule::kWindowFull);
}

TEST_F(TrialTest, FailedSpawnIsAFailedTrial) {
  Halt();
  Wait(policy_.halt_retry);
  EXPECT_EQ(FailToSpawn(ENOENT).rule, ThrottleRule::kTrialFailed);
}

TEST_F(TrialTest, ShortageDoesNotEndATrial) {
  Halt();
  Wait(policy_.halt_retry);
  EXPECT_EQ(FailToSpawn(EAGAIN).rule, ThrottleRule::kShortage);
  Wait(absl::Milliseconds(100));
  EXPECT_EQ(EndAfter(absl::Seconds(1)).rule, ThrottleRule::kTrialFailed);
}

TEST_F(TrialTest, OnFailureLeavesATrialThatSucceeds) {
  policy_.restart = RestartMode::kOnFailure;
  Halt();
  Wait(policy_.halt_retry);
  EXPECT_EQ(EndAfter(absl::Seconds(1), ExitedWithCode{0}).action, ThrottleAction::kLeave);
}

TEST_F(TrialTest, ClearedDaemonIsNotOnTrial) {
  Halt();
  history_ = FailureHistory();
  EXPECT_EQ(EndAfter(absl::ZeroDuration()).action, ThrottleAction::kStartNow);
}

// ---- Clocks that jump.

TEST_F(RestartDecisionTest, WallClockJumpsChangeNoDecision) {
  policy_.backoff = absl::Seconds(1);
  policy_.max_retries = 4;
  for (absl::Duration jump : {-absl::Hours(24 * 365), absl::Hours(24 * 365), -absl::Seconds(5)}) {
    clock_.JumpWall(jump);
    // Moves only the wall time of later timestamps, which no decision may use.
    clock_.Suspend(jump);
    EXPECT_EQ(EndAfter(absl::Seconds(1)).action, ThrottleAction::kWait);
  }
  clock_.Suspend(absl::Hours(24 * 365));
  const ThrottleDecision decision = EndAfter(absl::Seconds(1));
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 4);
  EXPECT_EQ(decision.failures.back().time.wall, clock_.Now().wall);
}

}  // namespace
}  // namespace hob
