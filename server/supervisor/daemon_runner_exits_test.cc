// Tests the reaction to the end of a daemon's process, and the history of the daemon.
#include <signal.h>

#include <cerrno>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Kind = Command::Kind;

FakeProgram WithChildren(int looks_to_end) {
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = looks_to_end;
  return program;
}

DaemonSpec WithTrials() {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 1;
  spec.restart_policy.on_halt = OnHalt::kRetry;
  return spec;
}

const SpawnFailure kShortage = {"clone", EAGAIN, "Resource temporarily unavailable"};

// The default restart rule.

TEST(DaemonRunnerExitsTest, ACrashedDaemonIsRestartedAtOnce) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t old = web.now().pid;
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_NE(web.now().pid, old);
  EXPECT_EQ(web.now().counts.restarts, 1);
  EXPECT_EQ(web.now().counts.exits, 1);
  EXPECT_EQ(web.now().reason, "restarted after exit code 1");
  EXPECT_EQ(web.now().throttle->rule, ThrottleRule::kRetry);
  EXPECT_FALSE(web.now().next_start_time.has_value());
}

TEST(DaemonRunnerExitsTest, ExitCodeZeroAndSignalsAreFailuresToo) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Exit(0);
  web.End(KilledBySignal{SIGSEGV, true});
  EXPECT_EQ(web.now().throttle->failures_in_window, 2);
  EXPECT_EQ(web.now().reason, "restarted after signal 11 (SEGV), core dumped");
}

TEST(DaemonRunnerExitsTest, ADaemonIsHaltedAfterMaxRetriesFailuresWithinRetryTime) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Advance(absl::Seconds(2));
  web.Exit(1);
  web.Advance(absl::Seconds(3));
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kHalted) << "a failure of exactly retry_time ago counts";
  EXPECT_TRUE(web.now().wanted);
  EXPECT_EQ(web.now().pid, 0);
  EXPECT_EQ(web.now().throttle->rule, ThrottleRule::kWindowFull);
  EXPECT_THAT(web.now().reason, HasSubstr("3 failures within 5s"));
  EXPECT_FALSE(web.now().next_start_time.has_value());
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.spawner.Spawned("web"), 3);
  EXPECT_EQ(web.runner->NextDeadline(), MonotonicTime::InfiniteFuture()) << "HALTED costs nothing";
}

TEST(DaemonRunnerExitsTest, FailuresOlderThanRetryTimeAreForgotten) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  for (int i = 0; i < 20; ++i) {
    web.Exit(1);
    web.Advance(absl::Milliseconds(2501));
  }
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().counts.restarts, 20);
}

TEST(DaemonRunnerExitsTest, AFailureToExecCountsLikeAnyOther) {
  RunnerHarness web;
  for (int i = 0; i < 3; ++i) web.spawner.FailNextSpawn({"exec", ENOENT, "/bin/web: missing"});
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().counts.exits, 3);
  EXPECT_EQ(web.now().counts.restarts, 2);
  EXPECT_EQ(absl::get<SpawnFailure>(web.now().runs->front().exit.end).stage, "exec");
  EXPECT_EQ(web.now().runs->front().pid, 0);
  EXPECT_FALSE(web.now().start_time.has_value()) << "it never ran";
}

TEST(DaemonRunnerExitsTest, AMissingEnvironmentFileIsAFailureOfItsOwnStage) {
  DaemonSpec spec = WebSpec();
  spec.env_file = "/nonexistent/env";
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(absl::get<SpawnFailure>(web.now().runs->front().exit.end).stage, "env_file");
  EXPECT_THAT(web.spawner.requests(), testing::IsEmpty());
}

TEST(DaemonRunnerExitsTest, AShortageOfTheMachineWaitsAndUsesNothingUp) {
  RunnerHarness web;
  for (int i = 0; i < 5; ++i) web.spawner.FailNextSpawn(kShortage);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  EXPECT_EQ(web.now().throttle->rule, ThrottleRule::kShortage);
  EXPECT_EQ(web.now().next_start_time, web.clock.Now().wall + absl::Milliseconds(100));
  web.Advance(absl::Milliseconds(100 + 200 + 400 + 800 + 1600) - absl::Nanoseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  web.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(web.now().counts.restarts_by_reason, ElementsAre(0, 0, 5, 0));
  EXPECT_THAT(web.now().counts.exits_by_kind, ElementsAre(0, 0, 5, 0));
  web.Exit(1);
  EXPECT_EQ(web.now().throttle->failures_in_window, 1);
}

TEST(DaemonRunnerExitsTest, BackoffDelaysTheRestart) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.backoff = absl::Seconds(1);
  spec.restart_policy.backoff_jitter = 0;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  EXPECT_EQ(web.now().next_start_time, web.clock.Now().wall + absl::Seconds(1));
  web.Advance(absl::Milliseconds(999));
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  EXPECT_THAT(web.now().counts.restarts_by_reason, ElementsAre(0, 0, 0, 0))
      << "it has not come yet";
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_FALSE(web.now().next_start_time.has_value());
}

TEST(DaemonRunnerExitsTest, AWallClockThatIsSetByAYearStartsNothingEarlyOrLate) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.backoff = absl::Seconds(1);
  spec.restart_policy.backoff_jitter = 0;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(1);
  const absl::Duration kYear = 365 * absl::Hours(24);
  web.clock.JumpWall(kYear);
  web.clock.Suspend(kYear);
  web.Settle();
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  web.Advance(absl::Milliseconds(500));
  web.clock.JumpWall(-2 * kYear);
  web.Advance(absl::Milliseconds(499));
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

// The restart setting.

TEST(DaemonRunnerExitsTest, NeverLeavesEveryEndAtThat) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.restart = RestartMode::kNever;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kExited);
  EXPECT_EQ(web.now().throttle->rule, ThrottleRule::kLeftExited);
  EXPECT_THAT(web.now().reason, HasSubstr("exit code 1"));
  EXPECT_EQ(web.now().counts.restarts, 0);
}

TEST(DaemonRunnerExitsTest, OnFailureLeavesASuccessAtThatAndRestartsAfterAFailure) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.restart = RestartMode::kOnFailure;
  spec.restart_policy.success_exit_codes = {0, 42};
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  web.Exit(42);
  EXPECT_EQ(web.state(), DaemonState::kExited);
}

// Becoming ready.

TEST(DaemonRunnerExitsTest, StartTimeIsHowLongItMustStayUp) {
  DaemonSpec spec = WebSpec();
  spec.start_time = absl::Seconds(3);
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Advance(absl::Milliseconds(2999));
  EXPECT_EQ(web.state(), DaemonState::kStarting);
  EXPECT_FALSE(web.now().ready_time.has_value());
  web.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().ready_time, web.clock.Now().wall);
}

TEST(DaemonRunnerExitsTest, ADaemonThatEndsWithinStartTimeNeverRuns) {
  DaemonSpec spec = WebSpec();
  spec.start_time = absl::Seconds(3);
  RunnerHarness web(spec);
  FakeProgram program;
  program.lifetime = absl::Seconds(1);
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(10));
  EXPECT_EQ(web.path(), "STOPPED STARTING HALTED");
  EXPECT_FALSE(web.now().runs->front().ready_time.has_value());
  EXPECT_EQ(web.now().runs->front().exit.uptime, absl::Seconds(1));
}

// Processes left behind.

TEST(DaemonRunnerExitsTest, WhatADeadMainProcessLeftIsKilledBeforeTheSuccessorStarts) {
  RunnerHarness web;
  web.spawner.SetProgram(WithChildren(4));
  web.Do(Kind::kBoot);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_EQ(web.now().pid, 0);
  EXPECT_EQ(web.now().counts.exits, 1);
  EXPECT_THAT(web.now().reason, HasSubstr("its leftovers are being killed"));
  EXPECT_EQ(web.Signals(), "9");
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
  EXPECT_EQ(web.now().counts.restarts, 1);
}

TEST(DaemonRunnerExitsTest, TheLastOneOfATreeLeadsToWhatTheThrottleDecidedWhenItsMainProcessEnded) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 1;
  RunnerHarness web(spec);
  web.spawner.SetProgram(WithChildren(-1));
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  web.spawner.EndChildren("web");
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerExitsTest, AnUnkillableTreeNeverGetsASecondInstanceAndSaysSo) {
  RunnerHarness web;
  web.spawner.SetProgram(WithChildren(-1));
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Advance(absl::Seconds(6));
  EXPECT_EQ(web.state(), DaemonState::kClearing);
  EXPECT_THAT(web.now().reason, HasSubstr("hangs in the kernel"));
  EXPECT_TRUE(web.now().unkillable);
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "UNKILLABLE") << "nobody is made to wait for it";
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
  web.spawner.EndChildren("web");
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kRunning) << "what was asked for was not forgotten";
  EXPECT_FALSE(web.now().unkillable);
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

FakeProgram Hanging() {
  FakeProgram program;
  program.survives = {SIGTERM, SIGKILL};
  return program;
}

TEST(DaemonRunnerExitsTest, AnUnkillableMainProcessKeepsItsPlaceAndNobodyWaiting) {
  RunnerHarness web;
  web.spawner.SetProgram(Hanging());
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(14));
  EXPECT_EQ(stop.count(), 0) << "10 seconds after TERM it is killed, and dying takes its time";
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(stop.InAWord(), "UNKILLABLE");
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_NE(web.now().pid, 0);
  EXPECT_THAT(web.now().reason, HasSubstr("hangs in the kernel"));
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), "UNKILLABLE");
  EXPECT_THAT(web.now().reason, HasSubstr("hangs in the kernel"))
      << "another word does not hide it";
  web.spawner.Unhang();
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerExitsTest, AWorkerThatStoodStillItselfLooksAgainBeforeItBlamesTheDaemon) {
  RunnerHarness web;
  web.spawner.SetProgram(WithChildren(3));
  web.Do(Kind::kBoot);
  ASSERT_TRUE(web.spawner.End("web", ExitedWithCode{1}));
  web.runner->Step();
  ASSERT_EQ(web.state(), DaemonState::kClearing);
  web.clock.Advance(absl::Minutes(1));
  web.runner->Step();
  EXPECT_FALSE(web.now().unkillable);
  web.Settle();
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerExitsTest, WhoKillsAgainAndAgainDoesNotPutOffThatItHangs) {
  RunnerHarness web;
  web.spawner.SetProgram(WithChildren(-1));
  web.Do(Kind::kBoot);
  web.Exit(1);
  for (int i = 0; i < 600; ++i) {
    web.Do(Kind::kKill);
    web.Advance(absl::Milliseconds(10));
  }
  EXPECT_TRUE(web.now().unkillable);
}

TEST(DaemonRunnerExitsTest, ARemovalOfWhatSurvivesKillGoesOnBehindItsAnswer) {
  RunnerHarness web;
  web.spawner.SetProgram(Hanging());
  web.Do(Kind::kBoot);
  const Answer remove = web.Do(Kind::kRemove);
  web.Advance(absl::Seconds(16));
  EXPECT_EQ(remove.InAWord(), "UNKILLABLE");
  EXPECT_FALSE(web.runner->finished()) << "another of its name would be a second instance";
  EXPECT_NE(web.registry.Find("web"), nullptr);
  web.spawner.Unhang();
  web.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(web.runner->finished());
  EXPECT_EQ(web.registry.Find("web"), nullptr);
  EXPECT_THAT(web.spawner.forgotten(), testing::ElementsAre("web"));
}

TEST(DaemonRunnerExitsTest, AShutDownDoesNotWaitForWhatSurvivesKill) {
  RunnerHarness web;
  web.spawner.SetProgram(Hanging());
  web.Do(Kind::kBoot);
  const Answer end = web.Do(Kind::kShutDown);
  web.Advance(absl::Seconds(16));
  EXPECT_EQ(end.InAWord(), "UNKILLABLE");
  EXPECT_TRUE(web.runner->finished());
}

TEST(DaemonRunnerExitsTest, AShutDownEndsARemovalThatHangs) {
  RunnerHarness web;
  web.spawner.SetProgram(Hanging());
  web.Do(Kind::kBoot);
  web.Do(Kind::kRemove);
  web.Advance(absl::Seconds(16));
  EXPECT_EQ(web.Do(Kind::kShutDown).InAWord(), "UNKILLABLE");
  EXPECT_TRUE(web.runner->finished());
}

// Returns a program that has changed its user, like a setuid program or sudo.
FakeProgram OfAnotherUser() {
  FakeProgram program;
  program.refuses_signals = true;
  return program;
}

TEST(DaemonRunnerExitsTest, AProcessThatRefusesSignalsIsToldAsTheKernelSaysIt) {
  RunnerHarness web;
  web.spawner.SetProgram(OfAnotherUser());
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  EXPECT_THAT(web.now().reason,
              HasSubstr("it refuses the signal: Operation not permitted: process 7 runs as uid 0"));
  web.Advance(absl::Seconds(10));
  EXPECT_EQ(stop.count(), 0) << "it has its time, and may end by itself";
  web.Advance(absl::Milliseconds(1200));
  EXPECT_EQ(stop.InAWord(), "UNKILLABLE");
  EXPECT_TRUE(web.now().unkillable);
  EXPECT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_THAT(web.now().reason,
              HasSubstr("it cannot be killed: Operation not permitted: process 7 runs as uid 0. No "
                        "other instance is started before it is gone"));
  EXPECT_THAT(web.now().reason, Not(HasSubstr("hangs")));
  web.Exit(0);
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_FALSE(web.now().unkillable);
}

TEST(DaemonRunnerExitsTest, ADaemonThatIsNotReadyInTimeAndRefusesToEndSaysBoth) {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kDescriptor;
  spec.ready_fd = 3;
  spec.ready_timeout = absl::Seconds(1);
  RunnerHarness web(spec);
  web.spawner.SetProgram(OfAnotherUser());
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(1));
  EXPECT_THAT(web.now().reason, HasSubstr("not ready within 1s; it refuses the signal: Operation "
                                          "not permitted"));
}

// A daemon with a process that a dead server left running and that cannot be killed.
class LeftoverTest : public testing::Test {
 protected:
  explicit LeftoverTest(const FakeProgram& program = OfAnotherUser()) {
    web_.spawner.SetProgram(program);
    web_.spawner.AddLeftover("web");
    web_.spawner.SetProgram({});
    web_.runner =
        std::make_unique<DaemonRunner>(std::make_shared<const DaemonSpec>(WebSpec()), web_.context);
    web_.Settle();
  }

  void EndLeftover() {
    web_.spawner.EndChildren("web");
    web_.Advance(absl::Milliseconds(100));
  }

  RunnerHarness web_;
};

TEST_F(LeftoverTest, ItKeepsItsPlaceAndSaysWhy) {
  EXPECT_EQ(web_.state(), DaemonState::kClearing);
  EXPECT_TRUE(web_.now().unkillable);
  EXPECT_EQ(web_.now().reason,
            "left running by a server that is dead; it cannot be killed: Operation not permitted: "
            "process 7 runs as uid 0. No other instance is started before it is gone");
  web_.Do(Kind::kBoot);
  EXPECT_TRUE(web_.now().wanted);
  web_.Advance(absl::Hours(1));
  EXPECT_EQ(web_.spawner.Spawned("web"), 0);
  EndLeftover();
  EXPECT_EQ(web_.state(), DaemonState::kRunning) << "the configuration wants it up";
  EXPECT_EQ(web_.spawner.MostAliveAtOnce("web"), 1);
  EXPECT_EQ(web_.now().counts.exits, 0) << "nobody knows how it ended";
  EXPECT_EQ(web_.now().counts.restarts, 0);
}

TEST_F(LeftoverTest, WithoutAWishItStaysDownWhenItIsGone) {
  EndLeftover();
  EXPECT_EQ(web_.state(), DaemonState::kStopped);
  EXPECT_EQ(web_.now().reason, "the leftovers of a dead server have ended");
  EXPECT_FALSE(web_.now().unkillable);
}

TEST_F(LeftoverTest, CommandsAreToldAndGoOn) {
  web_.Do(Kind::kBoot);
  EXPECT_EQ(web_.Do(Kind::kRestart).InAWord(), "UNKILLABLE");
  EXPECT_EQ(web_.Do(Kind::kStop).InAWord(), "UNKILLABLE");
  EXPECT_THAT(web_.now().reason, HasSubstr("Operation not permitted"));
  EndLeftover();
  EXPECT_EQ(web_.state(), DaemonState::kStopped);
  EXPECT_EQ(web_.Do(Kind::kStart).InAWord(), "OK");
}

TEST_F(LeftoverTest, TheServerEndsWithoutIt) {
  web_.Do(Kind::kBoot);
  EXPECT_EQ(web_.Do(Kind::kShutDown).InAWord(), "UNKILLABLE");
  EXPECT_TRUE(web_.runner->finished());
}

class HangingLeftoverTest : public LeftoverTest {
 protected:
  HangingLeftoverTest() : LeftoverTest(FakeProgram()) {}
};

TEST_F(HangingLeftoverTest, ItIsToldThatItHangs) {
  EXPECT_THAT(web_.now().reason, HasSubstr("KILL does not end it: it hangs in the kernel"));
  EndLeftover();
  EXPECT_EQ(web_.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerExitsTest, AnEventThatNobodyToldIsSeenAtTheNextLook) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  // Neither a descriptor nor a deadline signals this end.
  ASSERT_TRUE(web.spawner.End("web", ExitedWithCode{1}));
  ASSERT_EQ(web.runner->NextDeadline(), MonotonicTime::InfiniteFuture());
  // Any command makes the worker check all its state.
  web.Do(Kind::kReopenLogs);
  EXPECT_EQ(web.now().counts.exits, 1);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

// HALTED is never silent.

TEST(DaemonRunnerExitsTest, AReloadThatWantsNoTrialsIsHeardWhileTheTreeIsCleared) {
  DaemonSpec spec = WithTrials();
  RunnerHarness web(spec);
  web.spawner.SetProgram(WithChildren(3));
  web.Do(Kind::kBoot);
  // The children are still alive when the main process has ended.
  ASSERT_TRUE(web.spawner.End("web", ExitedWithCode{1}));
  web.runner->Step();
  ASSERT_EQ(web.state(), DaemonState::kClearing);
  spec.restart_policy.on_halt = OnHalt::kStay;
  web.Post(RunnerHarness::Make(Kind::kUpdate, spec));
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().next_start_time, absl::nullopt);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(DaemonRunnerExitsTest, ATrialThatStaysUpClearsTheHistory) {
  RunnerHarness web(WithTrials());
  web.Do(Kind::kBoot);
  web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().next_start_time, web.clock.Now().wall + absl::Minutes(1));
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().reason, "trial start after exit code 1");
  EXPECT_NE(web.now().throttle, nullptr);
  web.Advance(absl::Seconds(5));
  EXPECT_EQ(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().reason, "its trial start succeeded");
}

TEST(DaemonRunnerExitsTest, ATrialThatFailsIsHaltedAgain) {
  RunnerHarness web(WithTrials());
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Advance(absl::Minutes(1));
  web.Advance(absl::Milliseconds(4999));
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().throttle->rule, ThrottleRule::kTrialFailed);
  EXPECT_EQ(web.now().next_start_time, web.clock.Now().wall + absl::Minutes(1));
}

TEST(DaemonRunnerExitsTest, ATrialThatMetAShortageIsStillATrial) {
  RunnerHarness web(WithTrials());
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.spawner.FailNextSpawn(kShortage);
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.state(), DaemonState::kBackoff);
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(web.now().counts.restarts_by_reason, ElementsAre(0, 0, 0, 2));
  web.Advance(absl::Seconds(5));
  EXPECT_EQ(web.now().throttle, nullptr) << "a trial that stayed up is won";
}

TEST(DaemonRunnerExitsTest, AStopCallsTheTrialOff) {
  RunnerHarness web(WithTrials());
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Do(Kind::kStop);
  EXPECT_FALSE(web.now().next_start_time.has_value());
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

// The machine's budget.

class DaemonRunnerBudgetTest : public testing::Test {
 protected:
  // Takes the only start of this second.
  DaemonRunnerBudgetTest() { web_.throttle.TakeStart(web_.clock.Now().monotonic); }

  RunnerHarness web_{WebSpec(), {/*rate=*/1.0, /*burst=*/1}};
};

TEST_F(DaemonRunnerBudgetTest, BootWaitsForItInBackoffAndIsAnswered) {
  const Answer answer = web_.Do(Kind::kBoot);
  EXPECT_EQ(answer.InAWord(), "OK") << "a start with a place in the queue was tried";
  EXPECT_EQ(web_.state(), DaemonState::kBackoff);
  EXPECT_EQ(web_.now().throttle->rule, ThrottleRule::kBudget);
  EXPECT_EQ(web_.now().next_start_time, web_.clock.Now().wall + absl::Seconds(1));
  web_.Advance(absl::Seconds(1));
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
}

TEST_F(DaemonRunnerBudgetTest, AnOperatorDoesNotWaitForIt) {
  EXPECT_EQ(web_.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web_.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
}

TEST_F(DaemonRunnerBudgetTest, AnOperatorWhoStartsWhatIsStillStoppingDoesNotWaitForItEither) {
  FakeProgram slow;
  slow.dying_takes = absl::Milliseconds(10);
  web_.spawner.SetProgram(slow);
  web_.Do(Kind::kStart);
  web_.Do(Kind::kStop);
  const Answer start = web_.Do(Kind::kStart);
  ASSERT_EQ(web_.state(), DaemonState::kStopping);
  web_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(start.InAWord(), "OK");
}

TEST_F(DaemonRunnerBudgetTest, AnOperatorEndsTheWait) {
  web_.Do(Kind::kBoot);
  EXPECT_EQ(web_.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
}

TEST_F(DaemonRunnerBudgetTest, AnAutomaticRestartWaitsForIt) {
  web_.Do(Kind::kStart);
  web_.Exit(1);
  EXPECT_EQ(web_.state(), DaemonState::kBackoff);
  EXPECT_EQ(web_.now().throttle->rule, ThrottleRule::kBudget);
  EXPECT_EQ(web_.now().throttle->failures.size(), 1) << "what led here stays told";
  web_.Advance(absl::Seconds(1));
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(web_.now().counts.restarts, 1);
}

TEST_F(DaemonRunnerBudgetTest, AStopDuringTheWaitWins) {
  web_.Do(Kind::kBoot);
  web_.Do(Kind::kStop);
  web_.Advance(absl::Minutes(1));
  EXPECT_EQ(web_.spawner.Spawned("web"), 0);
}

// The recorded history.

TEST(DaemonRunnerExitsTest, TheLastTenRunsAreKeptTheLatestFirst) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 100;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const absl::Time first = web.clock.Now().wall;
  for (int code = 1; code <= 12; ++code) {
    web.Advance(absl::Seconds(1));
    web.Exit(code);
  }
  const EndedRuns& runs = *web.now().runs;
  ASSERT_EQ(runs.size(), kMaxEndedRuns);
  for (int i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(absl::get<ExitedWithCode>(runs[i].exit.end).code, 12 - i);
    EXPECT_EQ(runs[i].start_time, first + absl::Seconds(11 - i));
    EXPECT_EQ(runs[i].exit.time.wall, first + absl::Seconds(12 - i));
    EXPECT_EQ(runs[i].exit.uptime, absl::Seconds(1));
    EXPECT_EQ(runs[i].ready_time, runs[i].start_time);
    EXPECT_FALSE(runs[i].exit.requested);
  }
  EXPECT_EQ(web.now().counts.exits, 12);
  EXPECT_EQ(web.now().counts.restarts, 12);
}

TEST(DaemonRunnerExitsTest, ARestingDaemonKeepsTheStartTimeOfItsLastInstance) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const absl::Time start = web.clock.Now().wall;
  web.Advance(absl::Seconds(9));
  web.Do(Kind::kStop);
  EXPECT_EQ(web.now().start_time, start);
  EXPECT_FALSE(web.now().ready_time.has_value());
  EXPECT_EQ(web.now().pid, 0);
}

TEST(DaemonRunnerExitsTest, StepsWithNothingDueDoNothing) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const DaemonSnapshotPtr before = web.registry.Find("web");
  for (int i = 0; i < 10; ++i) web.runner->Step();
  EXPECT_EQ(web.registry.Find("web"), before);
}

}  // namespace
}  // namespace hob
