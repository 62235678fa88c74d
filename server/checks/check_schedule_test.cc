#include "server/checks/check_schedule.h"

#include <vector>

#include "gtest/gtest.h"

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

MonotonicTime At(absl::Duration since_start) { return MonotonicTime::FromOrigin(since_start); }

Check EveryTenSeconds() {
  Check check;
  check.delay = absl::Seconds(5);
  return check;
}

// A daemon that came up at the origin of the clock, unless it `is_starting`.
CheckSchedule Schedule(const Check& check, double fraction = 0.5, bool is_starting = false) {
  return CheckSchedule(check, is_starting, fraction, At(absl::ZeroDuration()));
}

// Makes the attempt that is due, which takes 1 ms.
absl::optional<DaemonHealth> Attempt(CheckSchedule& schedule, bool ok) {
  const MonotonicTime begin = schedule.due();
  schedule.Begin(begin);
  return schedule.Finish(ok, begin + absl::Milliseconds(1));
}

TEST(CheckScheduleTest, TheFirstTimesAreRandomAndTheOthersKeepTheInterval) {
  CheckSchedule schedule = Schedule(EveryTenSeconds(), 0.3);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(5.3)));
  Attempt(schedule, true);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(8.3)));
  Attempt(schedule, true);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(18.3)));
  Attempt(schedule, false);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(28.3)));
}

TEST(CheckScheduleTest, AnAttemptExpiresAndNoOtherIsDueMeanwhile) {
  CheckSchedule schedule = Schedule(EveryTenSeconds());
  EXPECT_EQ(schedule.expires(), kNever);
  schedule.Begin(At(absl::Seconds(6)));
  EXPECT_EQ(schedule.due(), kNever);
  EXPECT_EQ(schedule.expires(), At(absl::Seconds(9)));
  EXPECT_EQ(schedule.Elapsed(At(absl::Seconds(8))), absl::Seconds(2));
  schedule.Finish(false, At(absl::Seconds(9)));
  EXPECT_EQ(schedule.expires(), kNever);
}

TEST(CheckScheduleTest, AnAttemptLongerThanTheIntervalIsFollowedAtOnce) {
  Check check = EveryTenSeconds();
  check.interval = absl::Seconds(1);
  CheckSchedule schedule = Schedule(check);
  schedule.Begin(At(absl::Seconds(6)));
  schedule.Finish(false, At(absl::Seconds(9)));
  EXPECT_EQ(schedule.due(), At(absl::Seconds(9)));
}

TEST(CheckScheduleTest, AVerdictNeedsConsecutiveOutcomes) {
  Check check = EveryTenSeconds();
  check.successes = 2;
  CheckSchedule schedule = Schedule(check);
  EXPECT_EQ(Attempt(schedule, true), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, true), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, true), DaemonHealth::kHealthy);
  EXPECT_EQ(Attempt(schedule, true), absl::nullopt) << "a verdict is told once";
  EXPECT_EQ(schedule.successes(), 3);
  EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, true), absl::nullopt);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, false), DaemonHealth::kUnhealthy);
  EXPECT_EQ(schedule.failures(), 3);
  for (int i = 0; i < 1; ++i) EXPECT_EQ(Attempt(schedule, true), absl::nullopt);
  EXPECT_EQ(Attempt(schedule, true), DaemonHealth::kHealthy);
}

TEST(CheckScheduleTest, ADiscardedAttemptDoesNotCount) {
  Check check = EveryTenSeconds();
  check.failures = 2;
  CheckSchedule schedule = Schedule(check);
  Attempt(schedule, false);
  Attempt(schedule, true);
  Attempt(schedule, false);
  schedule.Begin(At(absl::Seconds(40)));
  schedule.Discard(At(absl::Seconds(41)));
  EXPECT_EQ(schedule.failures(), 1);
  EXPECT_EQ(schedule.expires(), kNever);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(50)));
  EXPECT_EQ(Attempt(schedule, false), DaemonHealth::kUnhealthy);
}

TEST(CheckScheduleTest, AnAttemptGetsBackTheTimeThatHobdLost) {
  CheckSchedule schedule = Schedule(EveryTenSeconds());
  schedule.Extend(absl::Seconds(1), At(absl::Seconds(6)));
  EXPECT_EQ(schedule.expires(), kNever) << "there is no attempt";
  schedule.Begin(At(absl::Seconds(6)));
  schedule.Extend(absl::Milliseconds(500), At(absl::Seconds(7)));
  EXPECT_EQ(schedule.expires(), At(absl::Seconds(9))) << "it has more time anyway";
  schedule.Extend(absl::Milliseconds(500), At(absl::Seconds(10)));
  EXPECT_EQ(schedule.expires(), At(absl::Seconds(10.5)));
  schedule.Extend(absl::Hours(1), At(absl::Seconds(3610)));
  EXPECT_EQ(schedule.expires(), At(absl::Seconds(3613)));
}

TEST(CheckScheduleTest, AnAttemptExpiresOnAMachineThatIsAlwaysLate) {
  CheckSchedule schedule = Schedule(EveryTenSeconds());
  schedule.Begin(At(absl::Seconds(6)));
  MonotonicTime now = At(absl::Seconds(6));
  while (schedule.expires() > now) {
    now = schedule.expires() + absl::Milliseconds(200);
    ASSERT_LT(now, At(absl::Minutes(1)));
    schedule.Extend(absl::Milliseconds(200), now);
  }
}

TEST(CheckScheduleTest, AttemptsOnAStartingDaemonAreQuickAndFailuresDoNotCount) {
  CheckSchedule schedule = Schedule(EveryTenSeconds(), 0.5, /*is_starting=*/true);
  EXPECT_EQ(schedule.due(), At(absl::Seconds(5)));
  MonotonicTime last = schedule.due();
  std::vector<absl::Duration> waits;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
    waits.push_back(schedule.due() - last);
    last = schedule.due();
  }
  EXPECT_EQ(waits[0], absl::Milliseconds(20));
  EXPECT_EQ(waits[1], absl::Milliseconds(40));
  EXPECT_EQ(waits[19], absl::Seconds(1));
  EXPECT_EQ(Attempt(schedule, true), DaemonHealth::kHealthy);
  EXPECT_EQ(schedule.due(), last + absl::Seconds(5)) << "a drawn part of the interval";
  last = schedule.due();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Attempt(schedule, false), absl::nullopt);
  EXPECT_EQ(schedule.due(), last + absl::Seconds(20));
  EXPECT_EQ(Attempt(schedule, false), DaemonHealth::kUnhealthy);
}

TEST(CheckScheduleTest, AStartingDaemonIsCheckedAtTheIntervalIfThatIsShort) {
  Check check = EveryTenSeconds();
  check.interval = absl::Milliseconds(30);
  CheckSchedule schedule = Schedule(check, 0.5, /*is_starting=*/true);
  Attempt(schedule, false);
  const MonotonicTime second = schedule.due();
  Attempt(schedule, false);
  EXPECT_EQ(schedule.due() - second, absl::Milliseconds(30));
}

}  // namespace
}  // namespace hob
