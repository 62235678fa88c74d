#include "server/daemon/shown_times.h"

#include "gmock/gmock.h"

namespace hob {
namespace {

constexpr absl::Duration kStep = absl::Hours(24 * 20000);

absl::Time At(int second) { return absl::FromUnixSeconds(1'000'000 + second); }

Timestamp StampAt(int second) {
  return {MonotonicTime::FromOrigin(absl::Seconds(second)), At(second)};
}

EndedRun RunAt(int second) {
  EndedRun run;
  run.pid = second;
  run.start_time = At(second);
  run.ready_time = At(second + 1);
  run.exit.time = StampAt(second + 2);
  return run;
}

DaemonSnapshotPtr Daemon() {
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->reason = "because";
  daemon->start_time = At(21);
  daemon->ready_time = At(22);
  daemon->next_start_time = At(23);
  daemon->runs = std::make_shared<const EndedRuns>(RunAt(10), EndedRuns(RunAt(5), EndedRuns()));
  ThrottleDecision decision;
  decision.failures.push_back({StampAt(12), "exit code 1", ExitedWithCode{1}});
  decision.next_attempt = StampAt(23);
  daemon->throttle = std::make_shared<const ThrottleDecision>(decision);
  daemon->last_command =
      std::make_shared<const CommandRecord>(CommandRecord{"Stop", "", "", At(20)});
  daemon->hold = std::make_shared<const Hold>(Hold{"alice", "disk swap", At(24), At(25)});
  return daemon;
}

TEST(ShownTimesTest, WithoutAStepTheSnapshotIsShownAsItIs) {
  const DaemonSnapshotPtr daemon = Daemon();
  EXPECT_EQ(WithShownTimes(daemon, absl::ZeroDuration()), daemon);
}

TEST(ShownTimesTest, EveryTimeMovesWithTheWallClock) {
  const DaemonSnapshotPtr shown = WithShownTimes(Daemon(), kStep);
  EXPECT_EQ(shown->reason, "because");
  EXPECT_EQ(shown->start_time, At(21) + kStep);
  EXPECT_EQ(shown->ready_time, At(22) + kStep);
  EXPECT_EQ(shown->next_start_time, At(23) + kStep);
  ASSERT_EQ(shown->runs->size(), 2);
  EXPECT_EQ((*shown->runs)[0].pid, 10);
  EXPECT_EQ((*shown->runs)[1].pid, 5);
  EXPECT_EQ(shown->runs->front().start_time, At(10) + kStep);
  EXPECT_EQ(shown->runs->front().ready_time, At(11) + kStep);
  EXPECT_EQ(shown->runs->front().exit.time.wall, At(12) + kStep);
  EXPECT_EQ(shown->throttle->failures[0].time.wall, At(12) + kStep);
  EXPECT_EQ(shown->hold->create_time, At(24) + kStep);
  EXPECT_EQ(shown->hold->expire_time, At(25) + kStep);
  EXPECT_EQ(shown->throttle->next_attempt->wall, At(23) + kStep);
  EXPECT_EQ(shown->throttle->next_attempt->monotonic, StampAt(23).monotonic);
  EXPECT_EQ(shown->last_command->time, At(20) + kStep);
}

TEST(ShownTimesTest, WhatHasNotHappenedHasNoTime) {
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->runs = std::make_shared<const EndedRuns>();
  const DaemonSnapshotPtr shown = WithShownTimes(daemon, -kStep);
  EXPECT_FALSE(shown->start_time.has_value());
  EXPECT_FALSE(shown->ready_time.has_value());
  EXPECT_FALSE(shown->next_start_time.has_value());
  EXPECT_EQ(shown->throttle, nullptr);
  EXPECT_EQ(shown->last_command, nullptr);
  EXPECT_TRUE(shown->runs->empty());
}

}  // namespace
}  // namespace hob
