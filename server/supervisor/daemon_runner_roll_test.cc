// Tests the commands of a roll, and of a reload that leaves an instance to a roll.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Command::Kind;

DaemonSpec NewSpec(absl::Duration min_ready_time = absl::ZeroDuration()) {
  DaemonSpec spec = WebSpec();
  spec.argv = {"/bin/web", "--new"};
  spec.generation = 2;
  spec.min_ready_time = min_ready_time;
  return spec;
}

std::vector<std::string> LastArguments(const RunnerHarness& web) {
  return web.spawner.requests().back().argv;
}

TEST(DaemonRunnerRollTest, AStagedConfigurationWaitsForTheRoll) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  EXPECT_EQ(web.Do(Kind::kStage, NewSpec()).InAWord(), "OK");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().latest_spec().generation, 2);
  EXPECT_EQ(web.now().running_generation, 1);
  web.Exit(1);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web"));
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "OK");
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
  EXPECT_EQ(web.now().running_generation, 2);
  EXPECT_EQ(web.now().pending_spec, nullptr);
  EXPECT_EQ(web.now().throttle, nullptr);
}

TEST(DaemonRunnerRollTest, AnOperatorsRestartTakesTheStagedConfiguration) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
}

TEST(DaemonRunnerRollTest, AStoppedOneTakesTheConfigurationAtOnceAndStaysStopped) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kStop);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_EQ(web.now().spec->generation, 2);
  EXPECT_EQ(web.now().pending_spec, nullptr);
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "OVERTAKEN");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerRollTest, AnExitedOneIsNotStarted) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.restart = RestartMode::kOnFailure;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Exit(0);
  ASSERT_EQ(web.state(), DaemonState::kExited);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.now().spec->generation, 2);
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "OVERTAKEN");
  EXPECT_EQ(web.state(), DaemonState::kExited);
}

TEST(DaemonRunnerRollTest, AHeldOneTakesTheConfigurationAtItsNextStart) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  Command hold = RunnerHarness::Make(Kind::kHold);
  hold.hold = std::make_shared<const Hold>();
  web.Do(hold);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "OVERTAKEN");
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web"));
  web.Exit(1);
  web.Do(Kind::kRelease);
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
}

TEST(DaemonRunnerRollTest, AHeldOneThatIsDownWaitsForItsReleaseWithAFreshHistory) {
  RunnerHarness web;
  Halt(web);
  Command hold = RunnerHarness::Make(Kind::kHold);
  hold.hold = std::make_shared<const Hold>();
  web.Do(hold);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.state(), DaemonState::kWaiting);
  EXPECT_EQ(web.now().throttle, nullptr);
  web.Do(Kind::kRelease);
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
}

TEST(DaemonRunnerRollTest, ADaemonThatHasTakenAnotherConfigurationMeanwhileIsReplaced) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kStage, NewSpec());
  web.Do(Kind::kRoll);
  ASSERT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
  // The reload was planned before that, and found the daemon unchanged.
  web.Do(Kind::kUpdate, WebSpec());
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web"));
}

TEST(DaemonRunnerRollTest, AnAnswerComesOnceTheInstanceHasStayedReady) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kStage, NewSpec(absl::Seconds(10)));
  const Answer roll = web.Do(Kind::kRoll);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(roll.InAWord(), "none");
  web.Advance(absl::Seconds(9));
  EXPECT_EQ(roll.InAWord(), "none");
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(roll.InAWord(), "OK");
}

TEST(DaemonRunnerRollTest, AnInstanceThatEndsTooSoonFailsTheRollThoughItIsRestarted) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.Do(Kind::kStage, NewSpec(absl::Seconds(10)));
  const Answer roll = web.Do(Kind::kRoll);
  web.Advance(absl::Seconds(5));
  web.Exit(3);
  EXPECT_EQ(roll.InAWord(), "START_FAILED");
  EXPECT_THAT(roll.status().message(), HasSubstr("exit code 3"));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
}

TEST(DaemonRunnerRollTest, AnInstanceWithACheckMustBeHealthy) {
  DaemonSpec spec = WebSpec();
  auto target = std::make_shared<CheckTarget>();
  target->kind = CheckTarget::Kind::kConnect;
  spec.check.target = target;
  spec.check.action = Check::Action::kNone;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  web.Tell(DaemonHealth::kHealthy);
  Answer roll = web.Do(Kind::kRoll);
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(roll.InAWord(), "none");
  web.Tell(DaemonHealth::kHealthy);
  EXPECT_EQ(roll.InAWord(), "OK");
  roll = web.Do(Kind::kRoll);
  web.Tell(DaemonHealth::kUnhealthy, "HTTP 503");
  EXPECT_EQ(roll.InAWord(), "START_FAILED");
  EXPECT_THAT(roll.status().message(), HasSubstr("HTTP 503"));
}

TEST(DaemonRunnerRollTest, AProgramThatIsMissingStopsNothing) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  web.spawner.SetMissing("/bin/web", true);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "START_FAILED");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().latest_spec().generation, 2);
}

TEST(DaemonRunnerRollTest, ARollDoesNotJoinARestartThatBringsTheFormerConfiguration) {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kDescriptor;
  spec.ready_fd = 3;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const Answer restart = web.Do(Kind::kRestart);
  web.Do(Kind::kStage, NewSpec());
  const Answer roll = web.Do(Kind::kRoll);
  EXPECT_EQ(restart.InAWord(), "OVERTAKEN");
  EXPECT_EQ(roll.InAWord(), "OK");
  EXPECT_THAT(LastArguments(web), ElementsAre("/bin/web", "--new"));
}

TEST(DaemonRunnerRollTest, ARollDoesNotLetAHaltedOneBe) {
  RunnerHarness web;
  Halt(web);
  web.Do(Kind::kStage, NewSpec());
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.Do(Kind::kRoll).InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_THAT(web.now().reason, HasSubstr("replaced by a roll"));
}

}  // namespace
}  // namespace hob
