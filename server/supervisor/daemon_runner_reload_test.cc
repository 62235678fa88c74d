// Tests commands of a reload in every state.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::ElementsAre;
using Kind = Command::Kind;

TEST(DaemonRunnerReloadTest, UpdateKeepsThePidAndTakesEffect) {
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

TEST(DaemonRunnerReloadTest, UpdateWakesNobody) {
  RunnerHarness web;
  Halt(web);
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 100;
  EXPECT_EQ(web.Do(Kind::kUpdate, spec).InAWord(), "OK");
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kHalted);
}

TEST(DaemonRunnerReloadTest, UpdateToStayCallsTheNextTrialOff) {
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

TEST(DaemonRunnerReloadTest, UpdateRightBehindAStartOfAHaltedOneDoesNotTakeTheStartBack) {
  RunnerHarness web;
  Halt(web);
  const Answer start = web.Post(Kind::kStart);
  web.Post(RunnerHarness::Make(Kind::kUpdate, WebSpec()));
  web.Settle();
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerReloadTest, ReplaceRestartsAWantedOneWithTheNewConfigurationAndAFreshHistory) {
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
  EXPECT_THAT(web.spawner.requests().back().argv, ElementsAre("/bin/web", "--new"));
  EXPECT_EQ(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().reason, "started with its changed configuration");
}

TEST(DaemonRunnerReloadTest, ReplaceLeavesAStoppedOneStopped) {
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

TEST(DaemonRunnerReloadTest, ReplaceStartsAHaltedAnExitedAndAWaitingOneAfresh) {
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

// A daemon that is up, and whose new configuration names a missing program.
class PendingConfigurationTest : public testing::Test {
 protected:
  PendingConfigurationTest() {
    web_.Do(Kind::kBoot);
    pid_ = web_.now().pid;
    wrong_.argv = {"/bin/wbe"};
    web_.spawner.SetMissing("/bin/wbe", true);
    replace_ = web_.Do(Kind::kReplace, wrong_);
  }

  // Returns the program of the last spawn.
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

TEST(DaemonRunnerReloadTest, ReplaceOfWhatIsNotUpTakesAConfigurationThatCannotStart) {
  RunnerHarness web;
  Halt(web);
  DaemonSpec wrong = WebSpec();
  wrong.argv = {"/bin/wbe"};
  web.spawner.SetMissing("/bin/wbe", true);
  EXPECT_EQ(web.Do(Kind::kReplace, wrong).InAWord(), "OK") << "it was tried";
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.now().spec->argv[0], "/bin/wbe");
}

TEST(DaemonRunnerReloadTest, ReplaceOvertakesARestart) {
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

TEST(DaemonRunnerReloadTest, AStopDuringAReplaceWinsAndTheReloadIsAnswered) {
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

}  // namespace
}  // namespace hob
