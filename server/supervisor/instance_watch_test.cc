#include "server/supervisor/instance_watch.h"

#include <signal.h>

#include "gtest/gtest.h"

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();
constexpr absl::Duration kTick = absl::Nanoseconds(1);

MonotonicTime At(int64_t seconds) { return MonotonicTime::FromOrigin(absl::Seconds(seconds)); }

// Returns a daemon that reports readiness within 20 s and has a watchdog of 5 s.
DaemonSpec TellsReadiness() {
  DaemonSpec spec;
  spec.ready = ReadyMode::kNotify;
  spec.ready_timeout = absl::Seconds(20);
  spec.watchdog = absl::Seconds(5);
  spec.stop_signal = SIGINT;
  spec.restart_policy.retry_time = absl::Seconds(60);
  return spec;
}

// Returns a daemon that counts as up `after` its spawn.
DaemonSpec CountsAsUp(absl::Duration after) {
  DaemonSpec spec = TellsReadiness();
  spec.ready = ReadyMode::kNone;
  spec.start_time = after;
  return spec;
}

bool IsQuiet(const InstanceWatch::Events& events) {
  return !events.came_up && !events.failed.has_value() && !events.trial_won;
}

TEST(InstanceWatchTest, WatchesNothingBeforeTheFirstInstance) {
  InstanceWatch watch;
  EXPECT_EQ(watch.NextDeadline(), kNever);
  EXPECT_TRUE(IsQuiet(watch.Look(TellsReadiness(), At(1000))));
}

TEST(InstanceWatchTest, AnInstanceOfWhichNothingIsAskedIsUpAtOnce) {
  const DaemonSpec spec = CountsAsUp(absl::ZeroDuration());
  InstanceWatch watch;
  EXPECT_TRUE(watch.Begin(spec, At(100), /*is_trial=*/false));
  EXPECT_EQ(watch.NextDeadline(), At(105)) << "the watchdog";
}

TEST(InstanceWatchTest, AnInstanceCountsAsUpAfterStartTime) {
  const DaemonSpec spec = CountsAsUp(absl::Seconds(3));
  InstanceWatch watch;
  EXPECT_FALSE(watch.Begin(spec, At(100), /*is_trial=*/false));
  EXPECT_EQ(watch.NextDeadline(), At(103));
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(103) - kTick)));
  EXPECT_TRUE(watch.Look(spec, At(103)).came_up);
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(103)))) << "said once";
  EXPECT_EQ(watch.NextDeadline(), At(108)) << "the watchdog counts from there";
}

TEST(InstanceWatchTest, AnInstanceThatIsNotReadyInTimeHasFailed) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  EXPECT_FALSE(watch.Begin(spec, At(100), /*is_trial=*/false));
  EXPECT_EQ(watch.NextDeadline(), At(120)) << "no watchdog yet";
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(120) - kTick)));
  const InstanceWatch::Events events = watch.Look(spec, At(120));
  ASSERT_TRUE(events.failed.has_value());
  EXPECT_EQ(events.failed->verdict, "it was not ready within 20s");
  EXPECT_EQ(events.failed->signal, SIGINT) << "the signal of a stop";
}

TEST(InstanceWatchTest, AReadyInstanceIsNotLate) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CameUp(spec, At(119));
  EXPECT_EQ(watch.NextDeadline(), At(124));
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(120))));
}

TEST(InstanceWatchTest, AnInstanceMayAskForMoreTime) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.ExtendUntil(At(130));
  EXPECT_EQ(watch.NextDeadline(), At(130));
  watch.ExtendUntil(At(110));
  EXPECT_EQ(watch.NextDeadline(), At(130)) << "it does not get less";
}

TEST(InstanceWatchTest, AnInstanceThatIsUpGetsNoDeadlineByAskingForTime) {
  DaemonSpec spec = TellsReadiness();
  spec.watchdog = absl::ZeroDuration();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CameUp(spec, At(101));
  watch.ExtendUntil(At(130));
  EXPECT_EQ(watch.NextDeadline(), kNever);
}

TEST(InstanceWatchTest, AClosedReadinessDescriptorLeavesTimeForTheEndToBeSeen) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CannotBecomeReady(At(101));
  const MonotonicTime due = At(101) + absl::Milliseconds(100);
  EXPECT_EQ(watch.NextDeadline(), due);
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), due) << "no time helps it";
  ASSERT_TRUE(watch.Look(spec, due).failed.has_value());
  EXPECT_EQ(watch.Look(spec, due).failed->verdict,
            "it closed its readiness descriptor without a newline");
}

TEST(InstanceWatchTest, AChangedTimeoutCountsFromTheSpawn) {
  DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  spec.ready_timeout = absl::Seconds(10);
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), At(110));
  EXPECT_EQ(watch.Look(spec, At(110)).failed->verdict, "it was not ready within 10s");
}

TEST(InstanceWatchTest, TimeLimitsBeginAnew) {
  DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  spec.ready_timeout = absl::Seconds(10);
  watch.BeginAnew(spec, At(500));
  EXPECT_EQ(watch.NextDeadline(), At(510));
  spec.ready_timeout = absl::Seconds(20);
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), At(520)) << "a changed time-out counts from there";
  watch.CannotBecomeReady(At(501));
  watch.BeginAnew(spec, At(600));
  ASSERT_TRUE(watch.Look(spec, At(620)).failed.has_value());
  EXPECT_EQ(watch.Look(spec, At(620)).failed->verdict,
            "it closed its readiness descriptor without a newline");
  watch.CameUp(spec, At(700));
  watch.BeginAnew(spec, At(800));
  EXPECT_EQ(watch.NextDeadline(), At(805)) << "the watchdog alone";
}

TEST(InstanceWatchTest, AChangedTimeoutLeavesTheTimeThatWasAskedFor) {
  DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.ExtendUntil(At(130));
  spec.ready_timeout = absl::Seconds(10);
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), At(130));
}

TEST(InstanceWatchTest, AChangedTimeoutDoesNotConcernAnInstanceThatIsUp) {
  DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CameUp(spec, At(101));
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), At(106)) << "the watchdog alone";
}

TEST(InstanceWatchTest, ASilentInstanceIsAborted) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CameUp(spec, At(101));
  watch.BeginWatchdog(spec, At(104));
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(109) - kTick)));
  const InstanceWatch::Events events = watch.Look(spec, At(109));
  ASSERT_TRUE(events.failed.has_value());
  EXPECT_EQ(events.failed->verdict, "it was silent for longer than its watchdog of 5s");
  EXPECT_EQ(events.failed->signal, SIGABRT);
}

TEST(InstanceWatchTest, AWatchdogMayBeTakenAway) {
  DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/false);
  watch.CameUp(spec, At(101));
  spec.watchdog = absl::ZeroDuration();
  watch.BeginWatchdog(spec, At(102));
  EXPECT_EQ(watch.NextDeadline(), kNever);
}

TEST(InstanceWatchTest, ATrialIsWonAfterRetryTime) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/true);
  EXPECT_TRUE(watch.is_trial());
  watch.CameUp(spec, At(101));
  watch.BeginWatchdog(spec, At(159));
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(160) - kTick)));
  EXPECT_TRUE(watch.Look(spec, At(160)).trial_won);
  EXPECT_TRUE(IsQuiet(watch.Look(spec, At(160)))) << "said once";
  EXPECT_TRUE(watch.is_trial()) << "it was one";
}

TEST(InstanceWatchTest, AnInstanceThatFailsInTheLastMomentHasNotWonItsTrial) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/true);
  watch.CameUp(spec, At(155));
  const InstanceWatch::Events events = watch.Look(spec, At(160));
  EXPECT_TRUE(events.failed.has_value());
  EXPECT_FALSE(events.trial_won);
}

TEST(InstanceWatchTest, CancelTurnsEveryTimerOff) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch late;
  late.Begin(spec, At(100), /*is_trial=*/true);
  late.Cancel();
  EXPECT_EQ(late.NextDeadline(), kNever);
  EXPECT_TRUE(IsQuiet(late.Look(spec, At(1000))));

  InstanceWatch silent;
  silent.Begin(spec, At(100), /*is_trial=*/true);
  silent.CameUp(spec, At(101));
  silent.Cancel();
  EXPECT_EQ(silent.NextDeadline(), kNever);

  InstanceWatch starting;
  starting.Begin(CountsAsUp(absl::Seconds(3)), At(100), /*is_trial=*/false);
  starting.Cancel();
  EXPECT_EQ(starting.NextDeadline(), kNever);
}

TEST(InstanceWatchTest, ANewInstanceInheritsNothing) {
  const DaemonSpec spec = TellsReadiness();
  InstanceWatch watch;
  watch.Begin(spec, At(100), /*is_trial=*/true);
  watch.ExtendUntil(At(500));
  watch.CannotBecomeReady(At(101));
  watch.Begin(spec, At(200), /*is_trial=*/false);
  EXPECT_EQ(watch.NextDeadline(), At(220));
  EXPECT_FALSE(watch.is_trial());
  watch.ReadyTimeoutChanged(spec);
  EXPECT_EQ(watch.NextDeadline(), At(220));
}

}  // namespace
}  // namespace hob
