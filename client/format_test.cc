#include "client/format.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);  // 2026-01-01 12:00:00 UTC

TEST(FormatTest, AgesShowTheirTwoLargestUnits) {
  EXPECT_EQ(FormatAge(absl::Milliseconds(850)), "850ms");
  EXPECT_EQ(FormatAge(absl::Milliseconds(12900)), "12s");
  EXPECT_EQ(FormatAge(absl::Seconds(60)), "1m");
  EXPECT_EQ(FormatAge(absl::Seconds(303)), "5m3s");
  EXPECT_EQ(FormatAge(absl::Hours(2) + absl::Minutes(5) + absl::Seconds(59)), "2h5m");
  EXPECT_EQ(FormatAge(absl::Hours(76)), "3d4h");
  EXPECT_EQ(FormatAge(absl::Hours(24 * 400)), "400d");
}

TEST(FormatTest, AnAgeIsNeverNegative) { EXPECT_EQ(FormatAge(absl::Seconds(-5)), "0ms"); }

TEST(FormatTest, TimesShowTheirDistanceFromNow) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(FormatTimeAndAge(kNoon, kNoon + absl::Seconds(303), utc),
            "2026-01-01 12:00:00 UTC (5m3s ago)");
  EXPECT_EQ(FormatTimeAndAge(kNoon + absl::Seconds(5), kNoon, utc),
            "2026-01-01 12:00:05 UTC (in 5s)");
}

TEST(FormatTest, PreciseTimesNameTheDayUnlessItIsToday) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time time = kNoon + absl::Milliseconds(1120);
  EXPECT_EQ(FormatPreciseTime(time, kNoon, utc), "12:00:01.120");
  EXPECT_EQ(FormatPreciseTime(time, kNoon + absl::Hours(24), utc), "2026-01-01 12:00:01.120");
}

TEST(FormatTest, ShortTimesNameTheDayUnlessItIsToday) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(FormatShortTime(kNoon, kNoon, utc), "12:00:00");
  EXPECT_EQ(FormatShortTime(kNoon + absl::Hours(12), kNoon, utc), "2026-01-02 00:00:00");
}

TEST(FormatTest, AHoldShowsWhenItExpires) {
  v1::Hold hold;
  hold.set_owner("alice (uid 1001)");
  hold.set_reason("disk swap");
  EXPECT_EQ(DescribeHold(hold, kNoon, absl::UTCTimeZone()), "held by alice (uid 1001): disk swap");
  hold.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNoon) + 90);
  EXPECT_EQ(DescribeHold(hold, kNoon, absl::UTCTimeZone()),
            "held by alice (uid 1001) until 12:01:30: disk swap");
}

TEST(FormatTest, AStateShowsWhetherTheDaemonIsHeld) {
  v1::Daemon daemon;
  daemon.set_state(v1::Daemon::WAITING);
  EXPECT_EQ(StateOf(daemon), "WAITING");
  daemon.mutable_hold();
  EXPECT_EQ(StateOf(daemon), "WAITING (held)");
}

TEST(FormatTest, AStateShowsWhetherTheInstanceIsOutdated) {
  v1::Daemon daemon;
  daemon.set_state(v1::Daemon::RUNNING);
  daemon.set_config_generation(4);
  daemon.set_running_generation(3);
  EXPECT_EQ(StateOf(daemon), "RUNNING") << "there is no instance";
  daemon.set_pid(7);
  EXPECT_EQ(StateOf(daemon), "RUNNING (outdated)");
  daemon.mutable_hold();
  EXPECT_EQ(StateOf(daemon), "RUNNING (held, outdated)");
  for (const int generation : {0, 4}) {
    daemon.set_running_generation(generation);
    EXPECT_FALSE(IsOutdated(daemon)) << generation;
  }
}

TEST(FormatTest, OnlyABlockerOfKindHoldAwaitsTheRelease) {
  v1::Daemon daemon;
  EXPECT_FALSE(AwaitsRelease(daemon));
  daemon.add_blockers()->set_kind(v1::Blocker::DEPENDENCY);
  EXPECT_FALSE(AwaitsRelease(daemon));
  daemon.add_blockers()->set_kind(v1::Blocker::HOLD);
  EXPECT_TRUE(AwaitsRelease(daemon));
}

TEST(FormatTest, DurationsSurviveTheRoundTripThroughTheApi) {
  for (const absl::Duration duration : {absl::Milliseconds(1500), absl::Seconds(30)}) {
    EXPECT_EQ(ToDuration(ToProto(duration)), duration);
  }
}

TEST(FormatTest, EveryWayToEndHasALongAndAShortForm) {
  v1::Exit exit;
  exit.set_exit_code(1);
  EXPECT_EQ(DescribeExit(exit), "exit code 1");
  EXPECT_EQ(DescribeExitShortly(exit), "code 1");
  exit.set_signal(6);
  exit.set_core_dumped(true);
  EXPECT_EQ(DescribeExit(exit), "signal 6 (ABRT), core dumped");
  EXPECT_EQ(DescribeExitShortly(exit), "ABRT");
  exit.set_core_dumped(false);
  exit.set_signal(15);
  exit.set_requested(true);
  EXPECT_EQ(DescribeExit(exit), "signal 15 (TERM), asked for");
  v1::Exit never_ran;
  never_ran.mutable_spawn_error()->set_stage("exec");
  never_ran.mutable_spawn_error()->set_message("/bin/x: No such file or directory");
  EXPECT_EQ(DescribeExit(never_ran), "exec: /bin/x: No such file or directory");
  EXPECT_EQ(DescribeExitShortly(never_ran), "exec failed");
}

TEST(FormatTest, AnUnknownStateIsShownByItsNumber) {
  EXPECT_EQ(StateName(v1::Daemon::HALTED), "HALTED");
  EXPECT_EQ(StateName(static_cast<v1::Daemon::State>(42)), "state 42");
  EXPECT_EQ(StateColour(static_cast<v1::Daemon::State>(42)), Colour::kNone);
}

TEST(FormatTest, NounsTakeAnSUnlessThereIsOne) {
  EXPECT_EQ(Count(1, "daemon"), "1 daemon");
  EXPECT_EQ(Count(0, "daemon"), "0 daemons");
}

TEST(FormatBytesTest, TheUnitLeavesAtLeastOne) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(3565158), "3.4 MiB");
  EXPECT_EQ(FormatBytes(int64_t{5} << 50), "5120.0 TiB");
}

}  // namespace
}  // namespace client
}  // namespace hob
