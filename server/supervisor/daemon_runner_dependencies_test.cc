// Tests starts that wait for other daemons, and stops that wait for dependents to end.
#include <signal.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::ElementsAre;
using Kind = Command::Kind;
using State = DaemonState;

DaemonSpec NeedsDb(DaemonSpec spec = WebSpec()) {
  spec.depends_on = {{"db", Dependency::Condition::kReady}};
  return spec;
}

void End(RunnerHarness& web, DeparturePtr& departure) {
  departure = nullptr;
  web.Settle();
}

TEST(DaemonRunnerDependenciesTest, ABootWaitsUntilTheDependencyIsReady) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kStarting);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_TRUE(web.now().wanted);
  EXPECT_EQ(web.now().reason, "waits for db: ready");
  EXPECT_THAT(web.now().blockers, ElementsAre(Dependency{"db", Dependency::Condition::kReady}));
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.spawner.Spawned("web"), 0);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().reason, "started by the configuration");
  EXPECT_TRUE(web.now().blockers.empty());
  EXPECT_EQ(web.path(), "STOPPED WAITING RUNNING");
}

TEST(DaemonRunnerDependenciesTest, ConditionsAreNotCheckedAfterTheStart) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kHalted);
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerDependenciesTest, ARestartAfterAFailureWaitsAndIsNoFailure) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kStopped, /*wanted=*/false);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kWaiting);
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.now().counts.exits, 1);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().counts.restarts, 1);
  EXPECT_EQ(web.now().reason, "restarted after exit code 1");
}

TEST(DaemonRunnerDependenciesTest, ABackoffComesBeforeTheWait) {
  RunnerHarness web(NeedsDb(Patient()));
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kHalted);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kBackoff);
  web.Advance(absl::Seconds(11));
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_FALSE(web.now().next_start_time.has_value());
}

TEST(DaemonRunnerDependenciesTest, ATrialIsPutOffAndTheDaemonStaysHalted) {
  DaemonSpec spec = NeedsDb();
  spec.restart_policy.max_retries = 1;
  spec.restart_policy.on_halt = OnHalt::kRetry;
  RunnerHarness web(spec);
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kStopped, /*wanted=*/false);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kHalted);
  web.Advance(spec.restart_policy.halt_retry);
  EXPECT_EQ(web.state(), State::kHalted);
  EXPECT_EQ(web.now().reason, "its trial start waits for db: ready");
  EXPECT_FALSE(web.now().next_start_time.has_value());
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerDependenciesTest, AStartIsBlockedIfItsDependencyCannotComeUp) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kHalted);
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(start.InAWord(), "BLOCKED");
  EXPECT_EQ(start.status().message(), "'web' waits for db: ready; db is HALTED: it is so");
  EXPECT_EQ(web.state(), State::kWaiting);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning) << "the start is not undone";
}

TEST(DaemonRunnerDependenciesTest, AStartWaitsForADependencyUntilThatFails) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kBackoff);
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(start.InAWord(), "none");
  web.PublishOther("db", State::kHalted);
  EXPECT_EQ(start.InAWord(), "BLOCKED");
  const Answer again = web.Do(Kind::kStart);
  EXPECT_EQ(again.InAWord(), "BLOCKED");
  web.PublishOther("db", State::kStarting);
  const Answer third = web.Do(Kind::kStart);
  EXPECT_EQ(third.InAWord(), "none");
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(third.InAWord(), "OK");
}

TEST(DaemonRunnerDependenciesTest, AStuckDaemonWakesItsDependentsAtEachChange) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kHalted);
  web.Do(Kind::kBoot);
  web.waits.Await("app", {"web"});
  std::vector<std::string> woken;
  web.waits.SetWake([&](const std::string& name) {
    woken.push_back(name);
    if (name == "web") web.runner->Handle(Command(Kind::kRecheck, Caller::Server()));
  });
  // "app" may have looked in between, when "db" was on its way.
  web.PublishOther("db", State::kStopped, /*wanted=*/false);
  EXPECT_EQ(woken, (std::vector<std::string>{"web", "app"}));
}

TEST(DaemonRunnerDependenciesTest, ARestartThatWouldBeBlockedStopsNothing) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  web.PublishOther("db", State::kStopped, /*wanted=*/false);
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "BLOCKED");
  EXPECT_EQ(web.now().pid, pid);
  web.PublishOther("db", State::kStarting);
  const Answer restart = web.Do(Kind::kRestart);
  EXPECT_EQ(web.state(), State::kWaiting);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(restart.InAWord(), "OK");
}

TEST(DaemonRunnerDependenciesTest, AWaitEndsWithAStopOrWithTheDependency) {
  RunnerHarness web(NeedsDb());
  web.PublishOther("db", State::kHalted);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kStopped);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kStopped);
  web.PublishOther("db", State::kHalted);
  web.Do(Kind::kStart);
  EXPECT_EQ(web.state(), State::kWaiting);
  web.Do(Kind::kUpdate, WebSpec());
  EXPECT_EQ(web.state(), State::kRunning) << "a reload has removed the dependency";
}

TEST(DaemonRunnerDependenciesTest, TheBudgetComesAfterTheConditions) {
  StartBudget::Options budget;
  budget.rate = 1;
  RunnerHarness web(NeedsDb(), budget);
  web.throttle.TakeStart(web.clock.Now().monotonic);
  web.PublishOther("db", State::kHalted);
  web.Do(Command(Kind::kBoot, Caller::Server()));
  EXPECT_EQ(web.state(), State::kWaiting);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kBackoff);
  web.PublishOther("db", State::kHalted);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(web.state(), State::kWaiting) << "the condition no longer holds";
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning) << "the start was granted before";
}

// Stops.

TEST(DaemonRunnerDependenciesTest, AStopWaitsForTheEndOfDependents) {
  RunnerHarness web;
  DeparturePtr app = Announce(web, "app");
  DeparturePtr cron = Announce(web, "cron");
  web.Do(Kind::kBoot);
  Command command = StopAfter("app", app);
  command.ends_after.push_back({"cron", cron});
  const Answer stop = web.Do(std::move(command));
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_FALSE(web.now().wanted);
  EXPECT_TRUE(web.now().awaits_dependents);
  EXPECT_EQ(web.now().reason, "being stopped by an operator; waits for app, cron to end");
  EXPECT_EQ(web.Signals(), "");
  End(web, app);
  EXPECT_EQ(web.now().reason, "being stopped by an operator; waits for cron to end");
  EXPECT_EQ(stop.InAWord(), "none");
  End(web, cron);
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kStopped);
  EXPECT_FALSE(web.now().awaits_dependents);
}

TEST(DaemonRunnerDependenciesTest, AStopDoesNotWaitForAProcessThatSurvivesKill) {
  RunnerHarness web;
  const DeparturePtr app = Announce(web, "app");
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(StopAfter("app", app));
  EXPECT_EQ(stop.InAWord(), "none");
  auto unkillable = std::make_shared<DaemonSnapshot>(*web.registry.Find("app"));
  unkillable->unkillable = true;
  web.registry.Publish(std::move(unkillable));
  web.waits.Changed("app");
  web.Settle();
  EXPECT_EQ(stop.InAWord(), "OK");
}

TEST(DaemonRunnerDependenciesTest, AStartOvertakesAStopThatWaits) {
  RunnerHarness web;
  DeparturePtr app = Announce(web, "app");
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  web.Do(StopAfter("app", app));
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(start.InAWord(), "none");
  End(web, app);
  EXPECT_EQ(start.InAWord(), "OK");
  EXPECT_NE(web.now().pid, pid);
}

TEST(DaemonRunnerDependenciesTest, AHeldStopSucceedsIfTheInstanceEndsFirst) {
  RunnerHarness web;
  DeparturePtr app = Announce(web, "app");
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(StopAfter("app", app));
  web.Exit(1);
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kStopped);
  End(web, app);
  EXPECT_EQ(web.state(), State::kStopped);
}

TEST(DaemonRunnerDependenciesTest, KillAllDoesNotWait) {
  RunnerHarness web;
  const DeparturePtr app = Announce(web, "app");
  web.Do(Kind::kBoot);
  Command command = RunnerHarness::Make(Kind::kShutDown);
  command.ends_after = {{"app", app}};
  const Answer end = web.Do(std::move(command));
  EXPECT_EQ(web.state(), State::kRunning);
  web.Do(Kind::kKill);
  EXPECT_EQ(end.InAWord(), "OK");
  EXPECT_TRUE(web.runner->finished());
}

TEST(DaemonRunnerDependenciesTest, AReplacementStartsOnlyOnceRemovedDaemonsAreGone) {
  RunnerHarness web;
  DeparturePtr old = Announce(web, "old");
  web.Do(Kind::kBoot);
  DaemonSpec changed = WebSpec();
  changed.argv.push_back("new");
  Command command = RunnerHarness::Make(Kind::kReplace, changed);
  command.starts_after = {{"old", old}};
  web.Do(std::move(command));
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_EQ(web.now().reason, "waits for old to end");
  End(web, old);
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerDependenciesTest, ARestartWaitsForTheNewInstanceIfTheOldOneComesUpMeanwhile) {
  RunnerHarness web(SlowToComeUp());
  DeparturePtr app = Announce(web, "app");
  web.Do(Kind::kBoot);
  web.Do(StopAfter("app", app));
  const Answer restart = web.Do(Kind::kStart);
  web.Advance(absl::Seconds(3));
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(restart.InAWord(), "none");
  End(web, app);
  web.Advance(absl::Seconds(3));
  EXPECT_EQ(restart.InAWord(), "OK");
  EXPECT_EQ(web.spawner.Spawned("web"), 2);
}

// Daemons that restart together.

DaemonSpec RestartsWithDb(DaemonSpec spec = WebSpec()) {
  spec.depends_on = {{"db", Dependency::Condition::kReady, true}};
  return spec;
}

// Publishes "db" as RUNNING after so many ends.
void PublishDb(RunnerHarness& web, int exits, bool awaits_dependents = false) {
  web.PublishOther("db", State::kBackoff);
  auto db = std::make_shared<DaemonSnapshot>(*web.registry.Find("db"));
  db->state = State::kRunning;
  db->pid = 1 + exits;
  db->ready = true;
  db->counts.exits = exits;
  db->awaits_dependents = awaits_dependents;
  web.registry.Publish(std::move(db));
  web.waits.Changed("db");
  web.Settle();
}

TEST(RestartWithTest, ADaemonEndsWithItsPartnerAndStartsAgainOnceItIsReady) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kBackoff);
  EXPECT_EQ(web.Signals(), "15");
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_EQ(web.now().reason, "waits for db: ready");
  const ExitReport& exit = web.now().runs->front().exit;
  EXPECT_TRUE(exit.requested);
  PublishDb(web, 1);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().reason, "restarted along with db");
  EXPECT_EQ(web.path(), "STOPPED RUNNING WAITING RUNNING");
  EXPECT_EQ(web.now().counts.restarts, 0) << "it has not failed";
}

TEST(RestartWithTest, ADaemonNoticesThatItsPartnerWasReplaced) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  auto db = std::make_shared<DaemonSnapshot>(*web.registry.Find("db"));
  db->counts.exits = 1;
  web.registry.Publish(std::move(db));
  web.waits.Changed("db");
  web.Settle();
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_NE(web.now().pid, pid);
  EXPECT_EQ(web.spawner.Spawned("web"), 2) << "once";
}

TEST(RestartWithTest, AStopOfThePartnerIsFollowedOnce) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  PublishDb(web, 0, /*awaits_dependents=*/true);
  EXPECT_EQ(web.state(), State::kWaiting);
  web.PublishOther("db", State::kStopped, /*wanted=*/false);
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_EQ(web.spawner.Spawned("web"), 1);
}

TEST(RestartWithTest, TheHistoryIsKept) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.Exit(1);
  web.Exit(1);
  PublishDb(web, 1);
  EXPECT_EQ(web.state(), State::kRunning);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kHalted) << "the third failure";
}

TEST(RestartWithTest, AnOperatorsStopWins) {
  RunnerHarness web(RestartsWithDb());
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  web.PublishOther("db", State::kBackoff);
  EXPECT_EQ(web.state(), State::kStopping);
  EXPECT_EQ(web.now().reason, "being restarted along with db");
  const Answer stop = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(stop.InAWord(), "OK");
  PublishDb(web, 1);
  EXPECT_EQ(web.state(), State::kStopped);
}

TEST(RestartWithTest, AConfigurationThatCannotStartStaysPending) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  DaemonSpec missing = RestartsWithDb();
  missing.argv = {"/bin/missing"};
  web.spawner.SetMissing("/bin/missing", true);
  EXPECT_EQ(web.Do(Kind::kReplace, missing).InAWord(), "START_FAILED");
  PublishDb(web, 1);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().spec->argv, WebSpec().argv);
  web.spawner.SetMissing("/bin/missing", false);
  PublishDb(web, 2);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().spec->argv, missing.argv);
}

TEST(RestartWithTest, AStopWaitsForADaemonThatRestartsWithIt) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  web.PublishOther("app", State::kRunning);
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "app";
  spec->depends_on = {{"web", Dependency::Condition::kReady, true}};
  auto app = std::make_shared<DaemonSnapshot>(*web.registry.Find("app"));
  app->spec = spec;
  web.registry.Publish(std::move(app));
  web.waits.Await("app", {"web"});
  const Answer restart = web.Do(Kind::kRestart);
  EXPECT_TRUE(web.now().awaits_dependents);
  EXPECT_EQ(web.now().reason, "being restarted by an operator; waits for app to end");
  web.PublishOther("app", State::kWaiting);
  EXPECT_EQ(restart.InAWord(), "OK");
}

// Announced ends.

class DepartureTest : public testing::Test {
 protected:
  // Returns true if the command's departure is over once the command is handled.
  bool IsOverAfter(Command command) {
    DeparturePtr departure = std::make_shared<const Departure>("web", web_.waits);
    const std::weak_ptr<const Departure> seen = departure;
    command.departure = std::move(departure);
    web_.Do(std::move(command));
    return seen.expired();
  }

  RunnerHarness web_;
};

TEST_F(DepartureTest, IsOverOnceNoProcessIsLeft) {
  web_.spawner.SetProgram(SlowToEnd(absl::Seconds(1)));
  web_.Do(Kind::kBoot);
  DeparturePtr departure = std::make_shared<const Departure>("web", web_.waits);
  const std::weak_ptr<const Departure> seen = departure;
  Command stop = RunnerHarness::Make(Kind::kStop);
  stop.departure = std::move(departure);
  web_.Do(std::move(stop));
  EXPECT_FALSE(seen.expired());
  web_.Advance(absl::Seconds(2));
  EXPECT_TRUE(seen.expired());
}

TEST_F(DepartureTest, IsOverAtOnceWithoutAnInstance) {
  EXPECT_TRUE(IsOverAfter(RunnerHarness::Make(Kind::kStop)));
}

TEST_F(DepartureTest, IsOverAtOnceIfTheInstanceIsKept) {
  web_.Do(Kind::kBoot);
  DaemonSpec missing = WebSpec();
  missing.argv = {"/bin/missing"};
  web_.spawner.SetMissing("/bin/missing", true);
  EXPECT_TRUE(IsOverAfter(RunnerHarness::Make(Kind::kReplace, missing)));
  EXPECT_EQ(web_.state(), State::kRunning);
}

}  // namespace
}  // namespace hob
