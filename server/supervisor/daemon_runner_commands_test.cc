// Tests commands of operators and of the boot in every state.
#include <signal.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;

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

// The last command.

std::string LastCommand(RunnerHarness& web) {
  const auto& command = web.now().last_command;
  if (command == nullptr) return "none";
  return absl::StrCat(command->method, " by ", command->caller, ": ", command->reason);
}

Command FromAlice(Kind kind, const std::string& reason) {
  return Command(kind, Caller{Caller::Kind::kUser, "alice (uid 1001)", reason});
}

TEST(DaemonRunnerCommandsTest, TheLastCommandThatChangedTheDaemonIsKept) {
  RunnerHarness web;
  web.Do(Command(Kind::kBoot, Caller::Server()));
  EXPECT_EQ(LastCommand(web), "none");
  web.Do(FromAlice(Kind::kStart, "it runs already"));
  EXPECT_EQ(LastCommand(web), "none");
  web.Do(FromAlice(Kind::kStop, "deploying 4.2"));
  EXPECT_EQ(LastCommand(web), "Stop by alice (uid 1001): deploying 4.2");
  EXPECT_EQ(web.now().last_command->time, web.clock.Now().wall);
  EXPECT_EQ(web.now().reason, "stopped by alice (uid 1001): deploying 4.2");
  web.Do(FromAlice(Kind::kStop, "it is down already"));
  EXPECT_EQ(LastCommand(web), "Stop by alice (uid 1001): deploying 4.2");
  web.Do(FromAlice(Kind::kRestart, "a\nb"));
  EXPECT_EQ(LastCommand(web), "Restart by alice (uid 1001): a\nb");
  EXPECT_EQ(web.now().reason, "restarted by alice (uid 1001): a\\x0ab");
  Command signal = FromAlice(Kind::kSignal, "rotate");
  signal.signal = 10;
  web.Do(std::move(signal));
  EXPECT_EQ(LastCommand(web), "Signal by alice (uid 1001): rotate");
  Command reload = FromAlice(Kind::kUpdate, "new limits");
  reload.spec = std::make_shared<const DaemonSpec>(WebSpec());
  web.Do(std::move(reload));
  EXPECT_EQ(LastCommand(web), "Reload by alice (uid 1001): new limits");
}

TEST(DaemonRunnerCommandsTest, ARestartThatIsRefusedOrJoinsAnotherIsNotTheLastCommand) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.spawner.SetMissing("/bin/web", true);
  web.Do(FromAlice(Kind::kRestart, "refused"));
  EXPECT_EQ(LastCommand(web), "Reload by an operator: ");
  web.spawner.SetMissing("/bin/web", false);
  web.Post(FromAlice(Kind::kRestart, "first"));
  web.Post(FromAlice(Kind::kRestart, "second"));
  web.Settle();
  EXPECT_EQ(LastCommand(web), "Restart by alice (uid 1001): first");
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

}  // namespace
}  // namespace hob
