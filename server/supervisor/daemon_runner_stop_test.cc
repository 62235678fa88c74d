// Tests the stop of a daemon with several processes: each process has until stop_timeout to end.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;

// Returns a shell that ends immediately on the signal, with a helper that ends `saves_for` later.
FakeProgram WithHelper(absl::Duration saves_for) {
  FakeProgram program;
  program.has_children = true;
  program.children_dying_takes = saves_for;
  return program;
}

// Returns a shell with a helper that survives every signal except KILL.
FakeProgram WithDeafHelper() {
  FakeProgram program;
  program.has_children = true;
  return program;
}

DaemonSpec WithTimeout(absl::Duration stop_timeout) {
  DaemonSpec spec = WebSpec();
  spec.stop_timeout = stop_timeout;
  return spec;
}

class EveryStopTest : public testing::TestWithParam<Kind> {
 protected:
  // Begins a stop of the kind that the parameter names.
  static Answer BeginStop(RunnerHarness& web) {
    DaemonSpec spec = WebSpec();
    spec.argv.push_back("new");
    return GetParam() == Kind::kReplace ? web.Do(GetParam(), spec) : web.Do(GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, EveryStopTest,
                         testing::Values(Kind::kStop, Kind::kRestart, Kind::kReplace, Kind::kRemove,
                                         Kind::kShutDown));

TEST_P(EveryStopTest, WhatOutlivesTheMainProcessIsLeftToEnd) {
  RunnerHarness web;
  web.spawner.SetProgram(WithHelper(absl::Seconds(9)));
  web.Do(Kind::kBoot);
  web.spawner.SetProgram(FakeProgram());
  const Answer answer = BeginStop(web);
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_THAT(web.now().reason, HasSubstr("its leftovers have 10s left to end"));
  EXPECT_EQ(web.now().counts.exits, 1);
  web.Advance(absl::Milliseconds(8900));
  EXPECT_EQ(answer.InAWord(), "none");
  EXPECT_EQ(web.Signals(), "15 18");
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  web.Advance(absl::Milliseconds(200));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.now().runs->front().exit.killed_processes, 0);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST_P(EveryStopTest, ItIsKilledWhenStopTimeoutIsOverSinceTheStopBegan) {
  RunnerHarness web;
  FakeProgram program = WithDeafHelper();
  program.dying_takes = absl::Seconds(4);
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  web.spawner.SetProgram(FakeProgram());
  const Answer answer = BeginStop(web);
  web.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(answer.InAWord(), "none");
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_THAT(web.now().reason, HasSubstr("6s left to end"));
  EXPECT_EQ(web.Signals(), "15 18");
  web.Advance(absl::Milliseconds(2));
  EXPECT_EQ(answer.InAWord(), "OK");
  // A removed daemon is no longer listed.
  if (GetParam() == Kind::kRemove) return;
  const DaemonSnapshot& now = web.now();
  EXPECT_EQ(now.runs->front().exit.killed_processes, 1);
  EXPECT_TRUE(now.runs->front().exit.requested);
  EXPECT_THAT(now.reason, HasSubstr("; 1 process outlived stop_timeout and was killed"));
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST_P(EveryStopTest, AKillOfEverythingEndsTheWait) {
  RunnerHarness web;
  web.spawner.SetProgram(WithDeafHelper());
  web.Do(Kind::kBoot);
  web.spawner.SetProgram(FakeProgram());
  const Answer answer = BeginStop(web);
  web.Do(Kind::kKill);
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(answer.InAWord(), "OK");
}

TEST_P(EveryStopTest, WhatSurvivesKillThenIsReported) {
  RunnerHarness web;
  FakeProgram program = WithDeafHelper();
  program.looks_to_end_children = -1;
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  const Answer answer = BeginStop(web);
  web.Advance(absl::Seconds(14));
  EXPECT_EQ(answer.InAWord(), "none");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(answer.InAWord(), "UNKILLABLE");
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerStopTest, AStopRightAfterTheBootSaysWhoGaveIt) {
  RunnerHarness web;
  web.Post(Kind::kBoot);
  Command stop(Kind::kStop, {Caller::Kind::kUser, "alice", "too early"});
  const Answer answer = web.Post(std::move(stop));
  web.Settle();
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.now().reason, "stopped by alice: too early");
  ASSERT_NE(web.now().last_command, nullptr);
  EXPECT_EQ(web.now().last_command->method, "Stop");
  EXPECT_EQ(web.spawner.Spawned("web"), 0);
}

TEST(DaemonRunnerStopTest, WhatAnEndUnaskedLeavesBehindIsKilledAtOnceAndSaid) {
  DaemonSpec spec = WebSpec();
  spec.argv = {"/usr/sbin/nginx"};
  spec.restart_policy.max_retries = 1;
  RunnerHarness web(spec);
  web.spawner.SetProgram(WithHelper(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.Exit(0);
  EXPECT_THAT(web.now().reason, HasSubstr("its leftovers are being killed"));
  EXPECT_EQ(web.Signals(), "9");
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().runs->front().exit.killed_processes, 1);
  EXPECT_THAT(web.now().reason,
              HasSubstr("exit code 0; 1 process that it left behind was killed; run it in the "
                        "foreground: nginx -g 'daemon off;'; "));
}

TEST(DaemonRunnerStopTest, AFailureThatLeavesSomethingBehindGetsNoAdvice) {
  RunnerHarness web;
  web.spawner.SetProgram(WithDeafHelper());
  web.Do(Kind::kBoot);
  for (int i = 0; i < 3; ++i) {
    web.Exit(1);
    web.Advance(absl::Milliseconds(1));
  }
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_THAT(web.now().reason, HasSubstr("exit code 1; 1 process that it left behind was killed"));
  EXPECT_THAT(web.now().reason, testing::Not(HasSubstr("foreground")));
}

TEST(DaemonRunnerStopTest, ACondemnedInstanceIsStoppedAndHasItsTimeToo) {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kDescriptor;
  spec.ready_fd = 3;
  spec.ready_timeout = absl::Seconds(1);
  spec.restart_policy.max_retries = 1;
  RunnerHarness web(spec);
  web.spawner.SetProgram(WithHelper(absl::Seconds(5)));
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(5));
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_EQ(web.Signals(), "15 18");
  web.Advance(absl::Milliseconds(1200));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_THAT(web.now().reason, HasSubstr("it was not ready within 1s"));
  EXPECT_EQ(web.now().runs->front().exit.killed_processes, 0);
}

TEST(DaemonRunnerStopTest, WithScopeMainTheMainProcessAloneGetsTheSignal) {
  DaemonSpec spec = WebSpec();
  spec.stop_scope = StopScope::kMain;
  RunnerHarness web(spec);
  web.spawner.SetProgram(WithHelper(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  std::string signals;
  for (const FakeSpawner::SentSignal& sent : web.spawner.Signals("web")) {
    signals += std::to_string(sent.signal) + (sent.to_tree ? " to all " : " to main ");
  }
  EXPECT_EQ(signals, "15 to main ");
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  web.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(stop.InAWord(), "none") << "the helper has as long as the main process had";
  web.Advance(absl::Milliseconds(2));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.now().reason,
            "stopped by an operator; 1 process outlived stop_timeout and was killed");
}

TEST(DaemonRunnerStopTest, NothingIsKilledUnderAnInfiniteTimeout) {
  RunnerHarness web(WithTimeout(absl::InfiniteDuration()));
  FakeProgram program = WithDeafHelper();
  program.survives = {SIGTERM};
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  web.Advance(absl::Hours(100));
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_EQ(web.Signals(), "15 18");
  web.Exit(0);
  web.Advance(absl::Minutes(1));
  EXPECT_THAT(web.now().reason, HasSubstr("unlimited time to end"));
  EXPECT_EQ(web.Signals(), "15 18");
  web.spawner.EndChildren("web");
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(stop.InAWord(), "OK");
}

TEST(DaemonRunnerStopTest, AZeroTimeoutKillsEverythingAtOnce) {
  RunnerHarness web(WithTimeout(absl::ZeroDuration()));
  web.spawner.SetProgram(WithDeafHelper());
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_EQ(web.Signals(), "9");
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.now().reason, "stopped by an operator") << "it is what the configuration says";
}

TEST(DaemonRunnerStopTest, CommandsDuringTheWaitAreThoseOfAStop) {
  RunnerHarness web;
  web.spawner.SetProgram(WithHelper(absl::Seconds(3)));
  web.Do(Kind::kBoot);
  web.spawner.SetProgram(FakeProgram());
  const Answer stop = web.Do(Kind::kStop);
  ASSERT_EQ(web.state(), DaemonState::kClearing);
  const Answer again = web.Do(Kind::kStop);
  Command signal = RunnerHarness::Make(Kind::kSignal);
  signal.signal = SIGTERM;
  EXPECT_EQ(web.Do(signal).InAWord(), "NOT_RUNNING") << "the main process is not there any more";
  const Answer start = web.Do(Kind::kStart);
  const Answer restart = web.Do(Kind::kRestart);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  EXPECT_EQ(web.Signals(), "15 18") << "it is asked once";
  web.Advance(absl::Seconds(4));
  for (const Answer& answer : {stop, again, start, restart}) EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST(DaemonRunnerStopTest, AMainProcessThatHadToBeKilledIsToldAsWell) {
  RunnerHarness web;
  FakeProgram program = WithDeafHelper();
  program.survives = {SIGTERM};
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  web.Do(Kind::kStop);
  web.Advance(absl::Seconds(11));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.now().runs->front().exit.killed_processes, 2);
  EXPECT_EQ(web.now().reason,
            "stopped by an operator; 2 processes outlived stop_timeout and were killed");
  web.Do(Kind::kStart);
  web.Do(Kind::kKill);
  EXPECT_EQ(web.now().runs->front().exit.killed_processes, 0) << "of another instance";
}

}  // namespace
}  // namespace hob
