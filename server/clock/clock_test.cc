#include "server/clock/clock.h"

#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

TEST(ClockTest, RealClockReportsNoStepUnlessSet) {
  const Clock& clock = Clock::Real();
  EXPECT_EQ(clock.WallStep(), absl::ZeroDuration());
  const absl::Time before = clock.Now().wall;
  const absl::Time wall = clock.WallNow();
  const absl::Time after = clock.Now().wall;
  // The two underlying readings are not of the same moment.
  constexpr absl::Duration kReadTogether = absl::Milliseconds(100);
  EXPECT_GE(wall, before - kReadTogether);
  EXPECT_LE(wall, after + kReadTogether);
}

TEST(ClockTest, BothRealClocksAdvance) {
  const Timestamp first = Clock::Real().Now();
  Timestamp next = first;
  while (next.monotonic == first.monotonic) next = Clock::Real().Now();
  EXPECT_GT(next.monotonic, first.monotonic);
  EXPECT_GT(next.wall, first.wall);
}

TEST(ClockTest, SettingASimulatedClockKeepsDifferences) {
  SimulatedClock clock;
  const Timestamp begin = clock.Now();
  clock.Advance(absl::Seconds(3));
  clock.JumpWall(absl::Hours(24 * 20000));
  EXPECT_EQ(clock.Now().wall - begin.wall, absl::Seconds(3));
  EXPECT_EQ(clock.Now().monotonic - begin.monotonic, absl::Seconds(3));
  EXPECT_EQ(clock.WallNow(), clock.Now().wall + clock.WallStep());
  clock.JumpWall(-absl::Hours(24 * 20000));
  EXPECT_EQ(clock.WallStep(), absl::ZeroDuration());
  clock.Suspend(absl::Hours(8));
  EXPECT_EQ(clock.Now().wall - begin.wall, absl::Hours(8) + absl::Seconds(3));
  EXPECT_EQ(clock.Now().monotonic - begin.monotonic, absl::Seconds(3));
}

}  // namespace
}  // namespace hob
