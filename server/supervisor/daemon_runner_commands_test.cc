// What operators, reloads and the shutdown ask for, in every state.
#include <signal.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;

// A program that takes its time to end.
FakeProgram SlowToEnd(absl::Duration dying_takes) {
  FakeProgram program;
  program.dying_takes = dying_takes;
  return program;
}

// A program that no TERM ends.
FakeProgram Deaf() {
  FakeProgram program;
  program.survives = {SIGTERM};
  return program;
}

// A daemon that counts as up after 2 s.
DaemonSpec SlowToComeUp() {
  DaemonSpec spec = WebSpec();
  spec.start_time = absl::Seconds(2);
  return spec;
}

// A daemon that waits 10 s before a restart, and is given up after 3 failures within a minute.
DaemonSpec Patient() {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.backoff = absl::Seconds(10);
  spec.restart_policy.backoff_jitter = 0;
  spec.restart_policy.retry_time = absl::Minutes(1);
  return spec;
}

// Brings a daemon of the default policy to HALTED.
void Halt(RunnerHarness& web) {
  web.Do(Kind::kBoot);
  for (int i = 0; i < 3; ++i) web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerCommandsTest, ADaemonIsKnownAsStoppedBeforeAnythingIsDone) {
  RunnerHarness web;
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_FALSE(web.now().wanted);
  EXPECT_EQ(web.now().reason, "not started yet");
  EXPECT_EQ(web.runner->NextDeadline(), MonotonicTime::InfiniteFuture());
}

TEST(DaemonRunnerCommandsTest, BootStarts) {
  RunnerHarness web;
  const Answer answer = web.Do(Kind::kBoot);
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_TRUE(web.now().wanted);
  EXPECT_TRUE(web.now().ready);
  EXPECT_EQ(web.now().pid, web.spawner.LivePid("web"));
  EXPECT_EQ(web.now().reason, "started by the configuration");
  EXPECT_EQ(web.now().start_time, web.clock.Now().wall);
  EXPECT_EQ(web.now().ready_time, web.clock.Now().wall);
  EXPECT_EQ(web.now().counts.restarts, 0);
}

TEST(DaemonRunnerCommandsTest, BootOfADaemonThatAnOperatorHasStartedChangesNothing) {
  RunnerHarness web;
  web.Do(Kind::kStart);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerCommandsTest, BootRightBehindAStartDoesNotMakeTheOperatorWaitForTheBudget) {
  RunnerHarness web(WebSpec(), {/*rate=*/1.0, /*burst=*/1});
  web.throttle.TakeStart(web.clock.Now().monotonic);
  const Answer start = web.Post(Kind::kStart);
  const Answer boot = web.Post(Kind::kBoot);
  web.Settle();
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_EQ(boot.InAWord(), "OK");
}

TEST(DaemonRunnerCommandsTest, AStopSignalThatActsOnWhatIsFrozenTooNeedsNoContinue) {
  for (const auto& [signal, sent] :
       {std::pair<int, std::string>{SIGKILL, "9"}, {SIGCONT, "18 9"}}) {
    DaemonSpec spec = WebSpec();
    spec.stop_signal = signal;
    RunnerHarness web(spec);
    web.Do(Kind::kStart);
    const Answer stop = web.Do(Kind::kStop);
    web.Advance(spec.stop_timeout);
    EXPECT_EQ(stop.InAWord(), "OK");
    EXPECT_EQ(web.Signals(), sent);
  }
}

TEST(DaemonRunnerCommandsTest, WhatTheEndOfTheServerStopsIsNotWantedAnyMore) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  ASSERT_TRUE(web.now().wanted);
  web.Do(Kind::kShutDown);
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_FALSE(web.now().wanted);
}

TEST(DaemonRunnerCommandsTest, BootOfADaemonThatAnOperatorHasStoppedLeavesItStopped) {
  RunnerHarness web;
  web.Do(Kind::kStop);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_FALSE(web.now().wanted);
  EXPECT_EQ(web.spawner.Spawned("web"), 0);
}

TEST(DaemonRunnerCommandsTest, BootOfADaemonThatAnOperatorIsStoppingDoesNotMakeItWanted) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kStart);
  web.Do(Kind::kStop);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_FALSE(web.now().wanted);
}

// Start.

TEST(DaemonRunnerCommandsTest, StartOfAStoppedOneAnswersWhenItIsUp) {
  RunnerHarness web(SlowToComeUp());
  const Answer answer = web.Do(Kind::kStart);
  EXPECT_EQ(web.state(), DaemonState::kStarting);
  EXPECT_FALSE(web.now().ready);
  EXPECT_NE(web.now().pid, 0);
  EXPECT_EQ(answer.InAWord(), "none");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(answer.daemon().state, DaemonState::kRunning);
  EXPECT_TRUE(answer.daemon().ready);
}

TEST(DaemonRunnerCommandsTest, StartOfARunningOneChangesNothing) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Exit(1);
  const pid_t pid = web.now().pid;
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_NE(web.now().throttle, nullptr) << "the history is not cleared";
}

TEST(DaemonRunnerCommandsTest, StartOfAStartingOneWaitsWithItAndClearsNothing) {
  RunnerHarness web(SlowToComeUp());
  web.Do(Kind::kBoot);
  web.Exit(1);
  const Answer answer = web.Do(Kind::kStart);
  EXPECT_NE(web.now().throttle, nullptr);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, StartDuringBackoffStartsAtOnceAndClearsTheHistory) {
  RunnerHarness web(Patient());
  web.Do(Kind::kBoot);
  web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kBackoff);
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().throttle, nullptr);
  EXPECT_FALSE(web.now().next_start_time.has_value());
  EXPECT_EQ(web.now().counts.restarts, 0);
}

TEST(DaemonRunnerCommandsTest, StartOfAHaltedOneStartsItAndClearsTheHistory) {
  RunnerHarness web;
  Halt(web);
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().throttle, nullptr);
  web.Exit(1);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kRunning) << "two failures are within the budget again";
}

TEST(DaemonRunnerCommandsTest, StartOfAnExitedOneStartsIt) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.restart = RestartMode::kNever;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(0);
  ASSERT_EQ(web.state(), DaemonState::kExited);
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerCommandsTest, StartThatDoesNotComeUpSaysWhy) {
  RunnerHarness web;
  web.spawner.FailNextSpawn({"exec", ENOENT, "/bin/web: No such file or directory"});
  const Answer answer = web.Do(Kind::kStart);
  EXPECT_EQ(answer.InAWord(), "START_FAILED");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(answer.status().message()),
              HasSubstr("exec: /bin/web: No such file or directory"));
  EXPECT_EQ(web.state(), DaemonState::kRunning) << "the throttle had another try";
}

TEST(DaemonRunnerCommandsTest, StartOfOneThatEndsBeforeItIsUpFails) {
  RunnerHarness web(SlowToComeUp());
  const Answer answer = web.Do(Kind::kStart);
  web.Advance(absl::Seconds(1));
  web.Exit(7);
  EXPECT_EQ(answer.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("exit code 7"));
}

TEST(DaemonRunnerCommandsTest, StartWhileStoppingStartsANewInstanceOnceTheOldOneIsGone) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(3)));
  web.Do(Kind::kBoot);
  const pid_t old = web.now().pid;
  const Answer stop = web.Do(Kind::kStop);
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_TRUE(web.now().wanted) << "readers see that it is to come back";
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(stop.InAWord(), "none");
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(stop.daemon().state, DaemonState::kStopped);
  EXPECT_EQ(stop.daemon().pid, 0);
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_NE(web.now().pid, old);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST(DaemonRunnerCommandsTest, NoWaitAnswersAtOnceWithADaemonThatIsWanted) {
  RunnerHarness web(SlowToComeUp());
  Command start = RunnerHarness::Make(Kind::kStart);
  start.no_wait = true;
  const Answer answer = web.Do(std::move(start));
  ASSERT_EQ(answer.InAWord(), "OK");
  EXPECT_TRUE(answer.daemon().wanted);
  EXPECT_EQ(web.state(), DaemonState::kStarting);
}

TEST(DaemonRunnerCommandsTest, AStartThatIsTakenBackBeforeItBeganLeavesNothingWanted) {
  RunnerHarness web;
  Command start = RunnerHarness::Make(Kind::kStart);
  start.no_wait = true;
  web.Post(std::move(start));
  const Answer stop = web.Post(Kind::kStop);
  web.Settle();
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_FALSE(stop.daemon().wanted);
  EXPECT_FALSE(web.now().wanted);
  EXPECT_EQ(web.spawner.Spawned("web"), 0);
}

TEST(DaemonRunnerCommandsTest, ATimeoutAnswersAndTheCommandGoesOn) {
  RunnerHarness web(SlowToComeUp());
  Command start = RunnerHarness::Make(Kind::kStart);
  start.timeout = absl::Seconds(1);
  const Answer answer = web.Do(std::move(start));
  web.Advance(absl::Milliseconds(999));
  EXPECT_EQ(answer.InAWord(), "none");
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(answer.InAWord(), "TIMED_OUT");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("STARTING"));
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(answer.count(), 1);
}

// Stop.

TEST(DaemonRunnerCommandsTest, StopAnswersWhenNothingIsLeft) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer answer = web.Do(Kind::kStop);
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_FALSE(web.now().wanted);
  EXPECT_FALSE(web.now().ready);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(answer.daemon().state, DaemonState::kStopped);
  EXPECT_EQ(web.now().reason, "stopped by an operator");
  EXPECT_TRUE(web.now().runs->front().exit.requested);
  EXPECT_EQ(web.now().throttle, nullptr) << "no failure";
  EXPECT_EQ(web.now().counts.exits, 1);
}

TEST(DaemonRunnerCommandsTest, StopSendsTheStopSignalToAllAndContinuesWhatIsStopped) {
  DaemonSpec spec = WebSpec();
  spec.stop_signal = SIGINT;
  RunnerHarness web(spec);
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.Do(Kind::kStop);
  EXPECT_EQ(web.Signals(), "2 18");
}

TEST(DaemonRunnerCommandsTest, WhatIgnoresTheStopSignalIsKilledAfterStopTimeout) {
  RunnerHarness web;
  web.spawner.SetProgram(Deaf());
  web.Do(Kind::kBoot);
  const Answer answer = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_EQ(web.Signals(), "15 18");
  web.Advance(absl::Milliseconds(2));
  EXPECT_EQ(web.Signals(), "15 18 9");
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(absl::get<KilledBySignal>(web.now().runs->front().exit.end).signal, SIGKILL);
}

TEST(DaemonRunnerCommandsTest, StopTimeoutZeroKillsAtOnce) {
  DaemonSpec spec = WebSpec();
  spec.stop_timeout = absl::ZeroDuration();
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(web.Signals(), "9");
}

TEST(DaemonRunnerCommandsTest, StopOfWhatHasNoProcessMakesItStopped) {
  RunnerHarness stopped;
  EXPECT_EQ(stopped.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(stopped.path(), "STOPPED");

  RunnerHarness halted;
  Halt(halted);
  EXPECT_EQ(halted.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(halted.state(), DaemonState::kStopped);
  EXPECT_FALSE(halted.now().wanted);

  DaemonSpec once = WebSpec();
  once.restart_policy.restart = RestartMode::kNever;
  RunnerHarness exited(once);
  exited.Do(Kind::kBoot);
  exited.Exit(0);
  EXPECT_EQ(exited.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(exited.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerCommandsTest, StopDuringBackoffWinsAndNoStartFollows) {
  RunnerHarness web(Patient());
  web.Do(Kind::kBoot);
  web.Exit(1);
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_FALSE(web.now().next_start_time.has_value());
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerCommandsTest, StopDuringStartingWinsAndTheStartIsAborted) {
  RunnerHarness web(SlowToComeUp());
  const Answer start = web.Do(Kind::kStart);
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_EQ(start.InAWord(), "OVERTAKEN");
  EXPECT_EQ(start.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(stop.InAWord(), "OK");
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerCommandsTest, StopBetweenTwoAttemptsWins) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.spawner.End("web", ExitedWithCode{1});
  web.runner->Step();  // The end is noticed and the next start is due.
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.spawner.Alive("web"), 0);
}

TEST(DaemonRunnerCommandsTest, StopsOfOneStopAreAllAnswered) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(3)));
  web.Do(Kind::kBoot);
  const Answer first = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(1));
  const Answer second = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(first.InAWord(), "OK");
  EXPECT_EQ(second.InAWord(), "OK");
  EXPECT_EQ(web.Signals(), "15 18") << "the second one sends no signal of its own";
}

TEST(DaemonRunnerCommandsTest, StopStartStopEndsStopped) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(3)));
  web.Do(Kind::kBoot);
  const Answer first = web.Do(Kind::kStop);
  const Answer start = web.Do(Kind::kStart);
  const Answer last = web.Do(Kind::kStop);
  EXPECT_EQ(start.InAWord(), "OVERTAKEN");
  web.Advance(absl::Seconds(3));
  EXPECT_EQ(first.InAWord(), "OK");
  EXPECT_EQ(last.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

// Restart.

TEST(DaemonRunnerCommandsTest, RestartReplacesTheProcessAndClearsTheHistory) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Exit(1);
  const pid_t old = web.now().pid;
  const Answer answer = web.Do(Kind::kRestart);
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_NE(answer.daemon().pid, old);
  EXPECT_EQ(answer.daemon().state, DaemonState::kRunning);
  EXPECT_EQ(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().reason, "restarted by an operator");
  EXPECT_EQ(web.now().counts.restarts, 1) << "the operator's restart is none of the automatic ones";
  EXPECT_EQ(web.now().counts.exits, 2);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST(DaemonRunnerCommandsTest, RestartStartsWhatHasNoProcess) {
  RunnerHarness stopped;
  EXPECT_EQ(stopped.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(stopped.state(), DaemonState::kRunning);

  RunnerHarness halted;
  Halt(halted);
  EXPECT_EQ(halted.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(halted.now().throttle, nullptr);

  RunnerHarness waiting(Patient());
  waiting.Do(Kind::kBoot);
  waiting.Exit(1);
  EXPECT_EQ(waiting.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(waiting.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerCommandsTest, ARestartJoinsTheOneThatIsUnderWay) {
  DaemonSpec spec = SlowToComeUp();
  RunnerHarness web(spec);
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(2));
  const Answer first = web.Do(Kind::kRestart);
  const Answer while_stopping = web.Do(Kind::kRestart);
  web.Advance(absl::Seconds(1));
  ASSERT_EQ(web.state(), DaemonState::kStarting);
  const Answer while_starting = web.Do(Kind::kRestart);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(first.InAWord(), "OK");
  EXPECT_EQ(while_stopping.InAWord(), "OK");
  EXPECT_EQ(while_starting.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, ARestartAfterOneThatIsOverIsAnother) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kRestart);
  web.Do(Kind::kRestart);
  EXPECT_EQ(web.spawner.Spawned("web"), 3);
}

TEST(DaemonRunnerCommandsTest, ARestartWhileAFailedOneIsClearedAwayIsAnother) {
  DaemonSpec spec = SlowToComeUp();
  spec.restart_policy.restart = RestartMode::kNever;
  RunnerHarness web(spec);
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = -1;
  web.spawner.SetProgram(program);
  const Answer first = web.Do(Kind::kRestart);
  web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kClearing);
  web.spawner.SetProgram(FakeProgram());
  const Answer second = web.Do(Kind::kRestart);
  web.spawner.EndChildren("web");
  web.Advance(absl::Seconds(3));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(first.InAWord(), "OK") << "it waits on with the other";
  EXPECT_EQ(second.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, ARestartThatIsOvertakenByAStopIsAborted) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer restart = web.Do(Kind::kRestart);
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_EQ(restart.InAWord(), "OVERTAKEN");
  EXPECT_THAT(std::string(restart.status().message()), HasSubstr("overtaken by a stop"));
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerCommandsTest, ARestartAfterAStopOvertookOneIsANewOne) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.Do(Kind::kRestart);
  web.Do(Kind::kStop);
  const Answer again = web.Do(Kind::kRestart);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(again.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, ARestartOvertakesAStartOfTheInstanceThatItReplaces) {
  RunnerHarness web(SlowToComeUp());
  const Answer start = web.Do(Kind::kStart);
  const Answer restart = web.Do(Kind::kRestart);
  EXPECT_EQ(start.InAWord(), "OVERTAKEN");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(restart.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, ARestartWhoseNewInstanceCannotBeSpawnedFails) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.spawner.FailNextSpawn({"chdir", ENOENT, "/srv: No such file or directory"});
  const Answer answer = web.Do(Kind::kRestart);
  EXPECT_EQ(answer.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr("chdir: /srv"));
}

TEST(DaemonRunnerCommandsTest, ARestartThatCannotSucceedStopsNothing) {
  RunnerHarness web(Patient());
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Advance(absl::Seconds(10));
  const pid_t pid = web.now().pid;
  web.spawner.SetMissing("/bin/web", true);
  web.BeginPath();
  const Answer answer = web.Do(Kind::kRestart);
  EXPECT_EQ(answer.InAWord(), "START_FAILED");
  EXPECT_EQ(answer.status().message(),
            "'web' was not restarted: exec: /bin/web: No such file or directory; it is still "
            "running");
  EXPECT_EQ(web.path(), "RUNNING");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.Signals(), "");
  EXPECT_TRUE(web.now().wanted);
  EXPECT_NE(web.now().throttle, nullptr) << "its history is not cleared";
  web.spawner.SetMissing("/bin/web", false);
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_NE(web.now().pid, pid);
}

TEST(DaemonRunnerCommandsTest, ARestartWithoutWaitingIsToldThatItCannotSucceed) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.spawner.SetMissing("/bin/web", true);
  Command command = RunnerHarness::Make(Kind::kRestart);
  command.no_wait = true;
  EXPECT_EQ(web.Do(std::move(command)).InAWord(), "START_FAILED");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerCommandsTest, ARestartOfWhatIsStillStartingLeavesItAloneWhereItCannotSucceed) {
  RunnerHarness web(SlowToComeUp());
  const Answer start = web.Do(Kind::kStart);
  web.spawner.SetMissing("/bin/web", true);
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "START_FAILED");
  EXPECT_EQ(start.InAWord(), "none");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(start.InAWord(), "OK");
}

TEST(DaemonRunnerCommandsTest, ARestartOfWhatIsBeingStoppedOrIsDownFailsAsAStartDoes) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.spawner.SetMissing("/bin/web", true);
  web.Do(Kind::kStop);
  const Answer restart = web.Do(Kind::kRestart);
  EXPECT_EQ(restart.InAWord(), "none");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(restart.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(restart.status().message()), HasSubstr("did not come up"));
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "START_FAILED");
  EXPECT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerCommandsTest, ARestartStopsNothingWhileTheEnvironmentFileIsMissing) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  DaemonSpec spec = WebSpec();
  spec.env_file = "/no/such/file";
  EXPECT_EQ(web.Do(Kind::kReplace, spec).InAWord(), "START_FAILED");
  const Answer answer = web.Do(Kind::kRestart);
  EXPECT_EQ(answer.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(answer.status().message()),
              HasSubstr("env_file: /no/such/file: No such"));
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerCommandsTest, ARestartWaitsUntilTheLastChildIsGone) {
  RunnerHarness web;
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = 5;
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  const Answer answer = web.Do(Kind::kRestart);
  EXPECT_EQ(answer.InAWord(), "none");
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  web.Advance(absl::Seconds(11));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

// Signal.

TEST(DaemonRunnerCommandsTest, SignalGoesToTheMainProcessOrToAll) {
  RunnerHarness web;
  FakeProgram program;
  program.survives = {SIGHUP};
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  Command signal = RunnerHarness::Make(Kind::kSignal);
  signal.signal = SIGHUP;
  EXPECT_EQ(web.Do(signal).InAWord(), "OK");
  signal.signal_all = true;
  EXPECT_EQ(web.Do(signal).InAWord(), "OK");
  const std::vector<FakeSpawner::SentSignal> sent = web.spawner.Signals("web");
  ASSERT_EQ(sent.size(), 2);
  EXPECT_EQ(sent[0].signal, SIGHUP);
  EXPECT_FALSE(sent[0].to_tree);
  EXPECT_TRUE(sent[1].to_tree);
}

TEST(DaemonRunnerCommandsTest, SignalToNoProcessSaysSo) {
  Command signal = RunnerHarness::Make(Kind::kSignal);
  signal.signal = SIGHUP;
  RunnerHarness stopped;
  EXPECT_EQ(stopped.Do(signal).InAWord(), "NOT_RUNNING");
  EXPECT_EQ(stopped.Do(signal).status().code(), absl::StatusCode::kFailedPrecondition);

  RunnerHarness halted;
  Halt(halted);
  EXPECT_THAT(std::string(halted.Do(signal).status().message()), HasSubstr("HALTED"));

  RunnerHarness clearing;
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = -1;
  clearing.spawner.SetProgram(program);
  clearing.Do(Kind::kBoot);
  clearing.Exit(1);
  EXPECT_EQ(clearing.Do(signal).InAWord(), "NOT_RUNNING");
  signal.signal_all = true;
  EXPECT_EQ(clearing.Do(signal).InAWord(), "OK") << "something of it is left";
  clearing.spawner.EndChildren("web");
}

TEST(DaemonRunnerCommandsTest, AKillThroughSignalIsAFailure) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  Command signal = RunnerHarness::Make(Kind::kSignal);
  signal.signal = SIGKILL;
  web.Do(signal);
  EXPECT_EQ(web.now().counts.restarts, 1);
  ASSERT_NE(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().throttle->failures_in_window, 1);
}

// Reload.

TEST(DaemonRunnerCommandsTest, UpdateKeepsThePidAndTakesEffect) {
  RunnerHarness web;
  web.spawner.SetProgram(Deaf());
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  DaemonSpec spec = WebSpec();
  spec.stop_timeout = absl::Seconds(1);
  spec.origin = "new.ini:1";
  EXPECT_EQ(web.Do(Kind::kUpdate, spec).InAWord(), "OK");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().spec->origin, "new.ini:1");
  web.Do(Kind::kStop);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(web.Signals(), "15 18 9");
}

TEST(DaemonRunnerCommandsTest, UpdateWakesNobody) {
  RunnerHarness web;
  Halt(web);
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 100;
  EXPECT_EQ(web.Do(Kind::kUpdate, spec).InAWord(), "OK");
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerCommandsTest, UpdateToStayCallsTheNextTrialOff) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.on_halt = OnHalt::kRetry;
  RunnerHarness web(spec);
  Halt(web);
  ASSERT_TRUE(web.now().next_start_time.has_value());
  web.Do(Kind::kUpdate, WebSpec());
  EXPECT_FALSE(web.now().next_start_time.has_value());
  EXPECT_FALSE(web.now().throttle->next_attempt.has_value());
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerCommandsTest, UpdateRightBehindAStartOfAHaltedOneDoesNotTakeTheStartBack) {
  RunnerHarness web;
  Halt(web);
  const Answer start = web.Post(Kind::kStart);
  web.Post(RunnerHarness::Make(Kind::kUpdate, WebSpec()));
  web.Settle();
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerCommandsTest, ReplaceRestartsAWantedOneWithTheNewConfigurationAndAFreshHistory) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  web.Exit(1);
  DaemonSpec spec = WebSpec();
  spec.argv = {"/bin/web", "--new"};
  const Answer answer = web.Do(Kind::kReplace, spec);
  EXPECT_EQ(answer.InAWord(), "none");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(web.spawner.requests().back().argv, testing::ElementsAre("/bin/web", "--new"));
  EXPECT_EQ(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().reason, "started with its changed configuration");
}

TEST(DaemonRunnerCommandsTest, ReplaceLeavesAStoppedOneStopped) {
  RunnerHarness web;
  Halt(web);
  web.Do(Kind::kStop);
  ASSERT_NE(web.now().throttle, nullptr);
  DaemonSpec spec = WebSpec();
  spec.origin = "new.ini:1";
  const Answer answer = web.Do(Kind::kReplace, spec);
  EXPECT_EQ(answer.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.now().spec->origin, "new.ini:1");
  EXPECT_EQ(web.now().throttle, nullptr) << "the cleared history is published";
  EXPECT_EQ(answer.daemon().throttle, nullptr);
}

TEST(DaemonRunnerCommandsTest, ReplaceStartsAHaltedAnExitedAndAWaitingOneAfresh) {
  RunnerHarness halted;
  Halt(halted);
  EXPECT_EQ(halted.Do(Kind::kReplace, WebSpec()).InAWord(), "OK");
  EXPECT_EQ(halted.state(), DaemonState::kRunning);
  EXPECT_EQ(halted.now().throttle, nullptr);

  DaemonSpec once = WebSpec();
  once.restart_policy.restart = RestartMode::kNever;
  RunnerHarness exited(once);
  exited.Do(Kind::kBoot);
  exited.Exit(0);
  EXPECT_EQ(exited.Do(Kind::kReplace, once).InAWord(), "OK");
  EXPECT_EQ(exited.state(), DaemonState::kRunning);

  RunnerHarness waiting(Patient());
  waiting.Do(Kind::kBoot);
  waiting.Exit(1);
  EXPECT_EQ(waiting.Do(Kind::kReplace, Patient()).InAWord(), "OK");
  EXPECT_EQ(waiting.state(), DaemonState::kRunning);
}

// A daemon that is up, and whose new configuration has a program that is missing.
class PendingConfigurationTest : public testing::Test {
 protected:
  PendingConfigurationTest() {
    web_.Do(Kind::kBoot);
    pid_ = web_.now().pid;
    wrong_.argv = {"/bin/wbe"};
    web_.spawner.SetMissing("/bin/wbe", true);
    replace_ = web_.Do(Kind::kReplace, wrong_);
  }

  // The program of the last spawn.
  std::string LastProgram() { return web_.spawner.requests().back().argv[0]; }

  RunnerHarness web_;
  DaemonSpec wrong_ = WebSpec();
  Answer replace_;
  pid_t pid_ = 0;
};

TEST_F(PendingConfigurationTest, ItKeepsRunningWithItsFormerOne) {
  EXPECT_EQ(replace_.InAWord(), "START_FAILED");
  EXPECT_EQ(replace_.status().message(),
            "'web' was not restarted: exec: /bin/wbe: No such file or directory; it is still "
            "running with its former configuration");
  EXPECT_EQ(web_.path(), "STOPPED RUNNING");
  EXPECT_EQ(web_.now().pid, pid_);
  EXPECT_EQ(web_.Signals(), "");
  EXPECT_EQ(web_.now().spec->argv[0], "/bin/web");
  EXPECT_EQ(web_.now().reason,
            "running with its former configuration, the new one cannot start: exec: /bin/wbe: No "
            "such file or directory");
}

TEST_F(PendingConfigurationTest, WhatStartsByItselfStartsWithTheFormerOne) {
  web_.Exit(1);
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(LastProgram(), "/bin/web");
}

TEST_F(PendingConfigurationTest, ARestartTriesTheNewOne) {
  EXPECT_EQ(web_.Do(Kind::kRestart).InAWord(), "START_FAILED");
  EXPECT_EQ(web_.now().pid, pid_);
  web_.spawner.SetMissing("/bin/wbe", false);
  EXPECT_EQ(web_.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(LastProgram(), "/bin/wbe");
  EXPECT_EQ(web_.now().spec->argv[0], "/bin/wbe");
}

TEST_F(PendingConfigurationTest, AStopPutsTheNewOneInForce) {
  web_.Do(Kind::kStop);
  EXPECT_EQ(web_.now().spec->argv[0], "/bin/wbe");
  web_.spawner.SetMissing("/bin/wbe", false);
  web_.Do(Kind::kStart);
  EXPECT_EQ(LastProgram(), "/bin/wbe");
}

TEST_F(PendingConfigurationTest, AStartOfWhatHasHaltedPutsTheNewOneInForce) {
  for (int i = 0; i < 3; ++i) web_.Exit(1);
  ASSERT_EQ(web_.state(), DaemonState::kHalted);
  EXPECT_EQ(web_.now().spec->argv[0], "/bin/web");
  web_.Do(Kind::kStart);
  EXPECT_EQ(LastProgram(), "/bin/wbe");
  EXPECT_EQ(web_.state(), DaemonState::kHalted);
}

TEST_F(PendingConfigurationTest, AnotherReloadTakesItsPlace) {
  web_.Do(Kind::kUpdate, WebSpec());
  EXPECT_EQ(web_.now().reason, "running with the configuration in force again");
  EXPECT_EQ(web_.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(LastProgram(), "/bin/web");
  web_.Do(Kind::kReplace, wrong_);
  DaemonSpec right = WebSpec();
  right.argv = {"/bin/right"};
  EXPECT_EQ(web_.Do(Kind::kReplace, right).InAWord(), "OK");
  EXPECT_EQ(LastProgram(), "/bin/right");
}

TEST(DaemonRunnerCommandsTest, ReplaceOfWhatIsNotUpTakesAConfigurationThatCannotStart) {
  RunnerHarness web;
  Halt(web);
  DaemonSpec wrong = WebSpec();
  wrong.argv = {"/bin/wbe"};
  web.spawner.SetMissing("/bin/wbe", true);
  EXPECT_EQ(web.Do(Kind::kReplace, wrong).InAWord(), "OK") << "it was tried";
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().spec->argv[0], "/bin/wbe");
}

TEST(DaemonRunnerCommandsTest, ReplaceOvertakesARestart) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer restart = web.Do(Kind::kRestart);
  const Answer replace = web.Do(Kind::kReplace, WebSpec());
  EXPECT_EQ(restart.InAWord(), "OVERTAKEN");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(replace.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

TEST(DaemonRunnerCommandsTest, AStopDuringAReplaceWinsAndTheReloadIsAnswered) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.Do(Kind::kBoot);
  const Answer replace = web.Do(Kind::kReplace, WebSpec());
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_EQ(replace.InAWord(), "OK");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

// The end.

class DaemonRunnerFinishTest : public testing::TestWithParam<Kind> {
 protected:
  // What readers see once it is over: a daemon that was removed is forgotten.
  static void ExpectOver(RunnerHarness& web) {
    EXPECT_TRUE(web.runner->finished());
    const DaemonSnapshotPtr last = web.registry.Find("web");
    const bool removed = GetParam() == Kind::kRemove;
    EXPECT_EQ(last == nullptr, removed);
    if (!removed) {
      EXPECT_EQ(last->state, DaemonState::kStopped);
    }
    EXPECT_EQ(web.spawner.forgotten().size(), removed ? 1 : 0);
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

TEST(DaemonRunnerCommandsTest, AShutDownDuringARemovalIsAnsweredWithIt) {
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

TEST(DaemonRunnerCommandsTest, WhoStillWaitsWhenTheRunnerGoesIsAnswered) {
  RunnerHarness web(SlowToComeUp());
  const Answer start = web.Do(Kind::kStart);
  web.runner = nullptr;
  EXPECT_EQ(start.InAWord(), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace hob
