// Tests the end of a daemon: its removal by a reload, and the shutdown of the server.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using Kind = Command::Kind;

class DaemonRunnerFinishTest : public testing::TestWithParam<Kind> {
 protected:
  // Expects that the daemon has ended, and that a removed daemon is no longer listed.
  static void ExpectOver(RunnerHarness& web) {
    EXPECT_TRUE(web.runner->finished());
    const DaemonSnapshotPtr last = web.registry.Find("web");
    const bool removed = GetParam() == Kind::kRemove;
    EXPECT_EQ(last == nullptr, removed);
    if (!removed) {
      EXPECT_EQ(last->state, DaemonState::kStopped);
    }
    EXPECT_THAT(web.spawner.forgotten(), testing::ElementsAre("web"));
  }
};

INSTANTIATE_TEST_SUITE_P(RemoveAndShutDown, DaemonRunnerFinishTest,
                         testing::Values(Kind::kRemove, Kind::kShutDown));

TEST_P(DaemonRunnerFinishTest, WithoutAProcessTheDaemonIsFinishedAtOnce) {
  RunnerHarness stopped;
  EXPECT_EQ(stopped.Do(GetParam()).InAWord(), "OK");
  EXPECT_TRUE(stopped.runner->finished());

  RunnerHarness halted;
  Halt(halted);
  EXPECT_EQ(halted.Do(GetParam()).InAWord(), "OK");
  ExpectOver(halted);

  RunnerHarness waiting(Patient());
  waiting.Do(Kind::kBoot);
  waiting.Exit(1);
  EXPECT_EQ(waiting.Do(GetParam()).InAWord(), "OK");
  EXPECT_TRUE(waiting.runner->finished());
}

TEST_P(DaemonRunnerFinishTest, AProcessIsStoppedFirst) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer answer = web.Do(GetParam());
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_FALSE(web.runner->finished());
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(answer.InAWord(), "OK");
  ExpectOver(web);
}

TEST_P(DaemonRunnerFinishTest, EverybodyWhoWaitsIsAnswered) {
  RunnerHarness web(SlowToComeUp());
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  const Answer start = web.Do(Kind::kStart);
  const Answer end = web.Do(GetParam());
  const bool removed = GetParam() == Kind::kRemove;
  EXPECT_EQ(start.InAWord(), removed ? "OVERTAKEN" : "SHUTTING_DOWN");
  const std::string refusal = removed ? "DAEMON_NOT_FOUND" : "SHUTTING_DOWN";
  const Answer late = web.Do(Kind::kStart);
  EXPECT_EQ(late.InAWord(), refusal);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), refusal) << "after the end too";
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), refusal);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST_P(DaemonRunnerFinishTest, AStopThatIsUnderWayIsAnsweredOK) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(2)));
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  const Answer start = web.Do(Kind::kStart);
  const Answer end = web.Do(GetParam());
  EXPECT_NE(start.InAWord(), "none");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_TRUE(web.runner->finished());
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST_P(DaemonRunnerFinishTest, WhatACrashLeftBehindIsGoneBeforeTheEnd) {
  RunnerHarness web;
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = 3;
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kClearing);
  const Answer end = web.Do(GetParam());
  EXPECT_EQ(end.InAWord(), "none");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Alive("web"), 0);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST_P(DaemonRunnerFinishTest, KillEndsTheWaitForWhatIgnoresTheStopSignal) {
  RunnerHarness web;
  web.spawner.SetProgram(Deaf());
  web.Do(Kind::kBoot);
  const Answer end = web.Do(GetParam());
  ASSERT_EQ(web.state(), DaemonState::kStopping);
  web.Do(Kind::kKill);
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_EQ(web.Signals(), "15 18 9");
  EXPECT_EQ(web.Do(Kind::kKill).count(), 1) << "and does no harm after it";
}

TEST(DaemonRunnerEndTest, AShutDownDuringARemovalIsAnsweredWithIt) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer remove = web.Do(Kind::kRemove);
  const Answer shut_down = web.Do(Kind::kShutDown);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(remove.InAWord(), "OK");
  EXPECT_EQ(shut_down.InAWord(), "OK");
  EXPECT_TRUE(web.runner->finished());
}

TEST(DaemonRunnerEndTest, WhoStillWaitsWhenTheRunnerGoesIsAnswered) {
  RunnerHarness web(SlowToComeUp());
  const Answer start = web.Do(Kind::kStart);
  web.runner = nullptr;
  EXPECT_EQ(start.InAWord(), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace hob
