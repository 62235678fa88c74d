// Tests what follows from the verdicts of checks.
#include <signal.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using Kind = Command::Kind;
using State = DaemonState;

DaemonSpec Checked(DaemonSpec spec = WebSpec()) {
  CheckTarget target;
  target.kind = CheckTarget::Kind::kHttp;
  target.text = "http://localhost:80/";
  spec.check.target = std::make_shared<const CheckTarget>(target);
  return spec;
}

// Returns a daemon that is ready once its check succeeds.
DaemonSpec ReadyByCheck() {
  DaemonSpec spec = Checked();
  spec.ready = ReadyMode::kCheck;
  return spec;
}

TEST(DaemonRunnerChecksTest, ADaemonWithoutACheckIsUnchecked) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.prober.Find("web"), nullptr);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnchecked);
}

TEST(DaemonRunnerChecksTest, TheCheckBeginsOnceTheDaemonIsUpAndEndsWithTheInstance) {
  DaemonSpec spec = Checked(SlowToComeUp());
  RunnerHarness web(spec);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnknown);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.prober.Find("web"), nullptr);
  web.Advance(absl::Seconds(2));
  ASSERT_NE(web.prober.Find("web"), nullptr);
  EXPECT_FALSE(web.prober.Find("web")->is_starting);
  const int64_t first = web.prober.NumberOf("web");
  web.Exit(1);
  EXPECT_EQ(web.prober.Find("web"), nullptr);
  web.Advance(absl::Seconds(2));
  EXPECT_NE(web.prober.NumberOf("web"), first);
  web.Do(Kind::kStop);
  EXPECT_EQ(web.prober.Find("web"), nullptr);
}

TEST(DaemonRunnerChecksTest, ASuccessfulCheckMakesTheDaemonHealthy) {
  RunnerHarness web(Checked());
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnknown);
  web.Tell(DaemonHealth::kHealthy);
  EXPECT_EQ(web.now().health, DaemonHealth::kHealthy);
  EXPECT_EQ(web.now().reason, "started by the configuration");
}

TEST(DaemonRunnerChecksTest, AFailedCheckIsAFailureOfTheInstance) {
  RunnerHarness web(Checked());
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  web.Tell(DaemonHealth::kUnhealthy, "HTTP 503");
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_NE(web.now().pid, pid);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnknown) << "of the new instance";
  EXPECT_EQ(web.now().counts.restarts, 1);
  const ExitReport& exit = web.now().runs->front().exit;
  EXPECT_FALSE(exit.requested);
  EXPECT_EQ(exit.verdict, "check http://localhost:80/ failed 3 times in a row: HTTP 503");
}

TEST(DaemonRunnerChecksTest, CheckActionNoneOnlyReports) {
  DaemonSpec spec = Checked();
  spec.check.action = Check::Action::kNone;
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  web.Tell(DaemonHealth::kUnhealthy, "HTTP 503");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnhealthy);
  EXPECT_EQ(web.now().reason, "check http://localhost:80/ failed 3 times in a row: HTTP 503");
  web.Tell(DaemonHealth::kHealthy, "HTTP 200");
  EXPECT_EQ(web.now().health, DaemonHealth::kHealthy);
  EXPECT_EQ(web.now().reason, "its check succeeds again: HTTP 200");
}

TEST(DaemonRunnerChecksTest, AVerdictOnAnEarlierInstanceDoesNotCount) {
  RunnerHarness web(Checked());
  web.Do(Kind::kBoot);
  Command late(Kind::kVerdict, Caller::Server());
  late.verdict = {web.prober.NumberOf("web"), DaemonHealth::kUnhealthy, "HTTP 503", 3};
  web.Exit(1);
  const pid_t pid = web.now().pid;
  web.Do(std::move(late));
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnknown);
}

TEST(DaemonRunnerChecksTest, ADaemonIsReadyOnceItsCheckSucceeds) {
  RunnerHarness web(ReadyByCheck());
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(web.state(), State::kStarting);
  ASSERT_NE(web.prober.Find("web"), nullptr);
  EXPECT_TRUE(web.prober.Find("web")->is_starting);
  EXPECT_EQ(start.InAWord(), "none");
  const int64_t check = web.prober.NumberOf("web");
  web.Tell(DaemonHealth::kHealthy);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_TRUE(web.now().ready);
  EXPECT_EQ(web.now().health, DaemonHealth::kHealthy);
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_EQ(web.prober.NumberOf("web"), check) << "the same check goes on";
  web.Advance(absl::Minutes(5));
  EXPECT_EQ(web.state(), State::kRunning) << "ready_timeout no longer counts";
}

TEST(DaemonRunnerChecksTest, ADaemonThatIsNotReadyInTimeIsEndedWithWhatItsCheckFound) {
  RunnerHarness web(ReadyByCheck());
  web.prober.SetLatest({absl::Now(), false, "Connection refused", absl::ZeroDuration(), 70, 0});
  web.Do(Kind::kBoot);
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.now().runs->front().exit.verdict,
            "it was not ready within 1min; check http://localhost:80/: Connection refused");
}

TEST(DaemonRunnerChecksTest, AReloadChangesTheCheckOfARunningDaemon) {
  RunnerHarness web(Checked());
  web.Do(Kind::kBoot);
  web.Tell(DaemonHealth::kHealthy);
  const int64_t first = web.prober.NumberOf("web");
  DaemonSpec changed = Checked();
  changed.autostart = false;
  web.Do(Kind::kUpdate, changed);
  EXPECT_EQ(web.prober.NumberOf("web"), first) << "another setting has changed";
  changed.check.interval = absl::Seconds(1);
  web.Do(Kind::kUpdate, changed);
  EXPECT_NE(web.prober.NumberOf("web"), first);
  EXPECT_EQ(web.prober.Find("web")->check.interval, absl::Seconds(1));
  EXPECT_EQ(web.now().health, DaemonHealth::kUnknown);
  web.Do(Kind::kUpdate, WebSpec());
  EXPECT_EQ(web.prober.Find("web"), nullptr);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnchecked);
}

TEST(DaemonRunnerChecksTest, AProgramRunsAsTheDaemonDoes) {
  DaemonSpec spec = WebSpec();
  CheckTarget target;
  target.kind = CheckTarget::Kind::kExec;
  target.text = "exec:/bin/probe now";
  target.argv = {"/bin/probe", "now"};
  spec.check.target = std::make_shared<const CheckTarget>(target);
  spec.environment = {{"COLOUR", "blue"}, {"NOTIFY_SOCKET", "/x"}, {"WATCHDOG_USEC", "1"}};
  spec.attributes.directory = "/srv";
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  ASSERT_NE(web.prober.Find("web"), nullptr);
  const auto* program = absl::get_if<SpawnRequest>(&web.prober.Find("web")->program);
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(program->name, "web~check");
  EXPECT_EQ(program->argv, target.argv);
  EXPECT_EQ(program->attributes.directory, "/srv");
  EXPECT_EQ(program->environment, (std::vector<std::string>{"COLOUR=blue", "HOB_DAEMON=web"}));
}

}  // namespace
}  // namespace hob
