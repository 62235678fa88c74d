// Tests that nothing automatic starts or ends a held daemon.
#include <signal.h>

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;
using State = DaemonState;

constexpr char kHeld[] = "held by alice: disk swap";

Command HoldFor(RunnerHarness& web, absl::optional<absl::Duration> lasts = absl::nullopt) {
  Command command = RunnerHarness::Make(Kind::kHold);
  Hold hold;
  hold.owner = "alice";
  hold.reason = "disk swap";
  hold.create_time = web.clock.Now().wall;
  if (lasts.has_value()) hold.expire_time = hold.create_time + *lasts;
  command.hold = std::make_shared<const Hold>(std::move(hold));
  return command;
}

void PlaceHold(RunnerHarness& web, absl::optional<absl::Duration> lasts = absl::nullopt) {
  EXPECT_EQ(web.Do(HoldFor(web, lasts)).InAWord(), "OK");
  ASSERT_NE(web.now().hold, nullptr);
}

void ExpectAwaitsRelease(RunnerHarness& web) {
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_TRUE(web.now().awaits_release);
  EXPECT_EQ(web.now().reason, kHeld);
  EXPECT_FALSE(web.now().next_start_time.has_value());
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), State::kWaiting);
}

DaemonSpec WithCommand(const char* argument, DaemonSpec spec = WebSpec()) {
  spec.argv.push_back(argument);
  return spec;
}

TEST(DaemonRunnerHoldsTest, AHoldChangesNothingButIsPublished) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().hold->owner, "alice");
  EXPECT_EQ(web.Do(Kind::kRelease).InAWord(), "OK");
  EXPECT_EQ(web.now().hold, nullptr);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.path(), "STOPPED RUNNING");
}

TEST(DaemonRunnerHoldsTest, ReleaseOfADaemonThatIsNotHeldSucceeds) {
  RunnerHarness web;
  EXPECT_EQ(web.Do(Kind::kRelease).InAWord(), "OK");
  EXPECT_EQ(web.now().last_command, nullptr);
}

TEST(DaemonRunnerHoldsTest, ALaterHoldReplacesAnEarlierOne) {
  RunnerHarness web;
  PlaceHold(web, absl::Minutes(1));
  PlaceHold(web, absl::Hours(1));
  web.Advance(absl::Minutes(59));
  EXPECT_NE(web.now().hold, nullptr);
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.now().hold, nullptr);
}

TEST(DaemonRunnerHoldsTest, AFailureIsJudgedAndTheRestartWaitsForTheRelease) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Exit(1);
  ExpectAwaitsRelease(web);
  EXPECT_EQ(web.now().counts.exits, 1);
  ASSERT_NE(web.now().throttle, nullptr);
  EXPECT_EQ(web.now().throttle->failures_in_window, 1);
  const Answer release = web.Do(Kind::kRelease);
  EXPECT_EQ(release.InAWord(), "OK");
  EXPECT_EQ(release.daemon().state, State::kRunning) << "the answer shows the start";
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().counts.restarts, 1);
  EXPECT_FALSE(web.now().awaits_release);
}

TEST(DaemonRunnerHoldsTest, ABackoffEndsInWaiting) {
  RunnerHarness web(Patient());
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kBackoff);
  web.Advance(absl::Seconds(10));
  ExpectAwaitsRelease(web);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerHoldsTest, AReleaseDuringABackoffDoesNotShortenIt) {
  RunnerHarness web(Patient());
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Exit(1);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kBackoff);
  web.Advance(absl::Seconds(10));
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerHoldsTest, EndsThatStartNothingAreAsWithoutAHold) {
  DaemonSpec once = WebSpec();
  once.restart_policy.restart = RestartMode::kNever;
  RunnerHarness web(once);
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Exit(0);
  EXPECT_EQ(web.state(), State::kExited);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kExited);
}

TEST(DaemonRunnerHoldsTest, ATrialIsPutOffAndTheDaemonStaysHalted) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.on_halt = OnHalt::kRetry;
  RunnerHarness web(spec);
  Halt(web);
  const int spawned = web.spawner.Spawned("web");
  PlaceHold(web);
  web.Advance(absl::Hours(3));
  EXPECT_EQ(web.state(), State::kHalted);
  EXPECT_EQ(web.now().reason, std::string("its trial start is ") + kHeld);
  EXPECT_EQ(web.spawner.Spawned("web"), spawned);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.spawner.Spawned("web"), spawned + 1);
}

TEST(DaemonRunnerHoldsTest, ABootWaitsForTheRelease) {
  RunnerHarness web;
  PlaceHold(web);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  ExpectAwaitsRelease(web);
  EXPECT_TRUE(web.now().wanted);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().reason, "started by the configuration");
}

TEST(DaemonRunnerHoldsTest, AnOperatorsCommandsWork) {
  RunnerHarness web;
  PlaceHold(web);
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kRunning);
  const pid_t pid = web.now().pid;
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_NE(web.now().pid, pid);
  EXPECT_EQ(web.Do(Kind::kStop).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kStopped);
  EXPECT_NE(web.now().hold, nullptr);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kStopped);
}

TEST(DaemonRunnerHoldsTest, AnOperatorsStartOfAHeldDaemonAlsoWaitsForItsDependencies) {
  DaemonSpec spec = WebSpec();
  spec.depends_on = {{"db", Dependency::Condition::kReady}};
  RunnerHarness web(spec);
  web.PublishOther("db", State::kStarting);
  web.Do(Kind::kBoot);
  PlaceHold(web);
  ExpectAwaitsRelease(web);
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_FALSE(web.now().awaits_release);
  EXPECT_EQ(web.now().reason, "waits for db: ready");
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(start.InAWord(), "OK");
}

TEST(DaemonRunnerHoldsTest, AReleasedStartWaitsForItsDependencies) {
  DaemonSpec spec = WebSpec();
  spec.depends_on = {{"db", Dependency::Condition::kReady}};
  RunnerHarness web(spec);
  PlaceHold(web);
  web.PublishOther("db", State::kStarting);
  web.Do(Kind::kBoot);
  ExpectAwaitsRelease(web);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kWaiting);
  EXPECT_FALSE(web.now().awaits_release);
  EXPECT_EQ(web.now().reason, "waits for db: ready");
}

TEST(DaemonRunnerHoldsTest, AHoldKeepsBackAStartThatHasNotBegun) {
  DaemonSpec spec = WebSpec();
  spec.depends_on = {{"db", Dependency::Condition::kReady}};
  RunnerHarness web(spec);
  web.PublishOther("db", State::kStarting);
  const Answer start = web.Do(Kind::kStart);
  PlaceHold(web);
  EXPECT_EQ(start.InAWord(), "BLOCKED");
  EXPECT_EQ(start.status().message(),
            std::string("'web' is ") + kHeld + "; it starts once it is released");
  web.PublishOther("db", State::kRunning);
  ExpectAwaitsRelease(web);
}

TEST(DaemonRunnerHoldsTest, AHoldKeepsBackTheSecondHalfOfARestart) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(2)));
  web.Do(Kind::kBoot);
  const Answer restart = web.Do(Kind::kRestart);
  PlaceHold(web);
  EXPECT_EQ(restart.InAWord(), "none");
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(restart.InAWord(), "BLOCKED");
  ExpectAwaitsRelease(web);
  // Another restart does not join it.
  EXPECT_EQ(web.Do(Kind::kRestart).InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kRunning);
}

TEST(DaemonRunnerHoldsTest, AHoldRightAfterAReleaseKeepsTheStartBack) {
  RunnerHarness web;
  PlaceHold(web);
  web.Do(Kind::kBoot);
  web.Post(Kind::kRelease);
  web.Post(HoldFor(web));
  web.Settle();
  ExpectAwaitsRelease(web);
}

TEST(DaemonRunnerHoldsTest, ASilentDaemonIsReportedAndLeftAlone) {
  DaemonSpec spec = WebSpec();
  spec.watchdog = absl::Seconds(5);
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().reason, "it was silent for longer than its watchdog of 5s; left alone");
  web.Do(Kind::kRelease);
  web.Advance(absl::Seconds(4));
  EXPECT_EQ(web.now().pid, pid);
  web.Advance(absl::Seconds(1));
  EXPECT_NE(web.now().pid, pid);
}

TEST(DaemonRunnerHoldsTest, ADaemonThatIsNotReadyInTimeIsReportedAndLeftAlone) {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kDescriptor;
  spec.ready_fd = 3;
  spec.ready_timeout = absl::Seconds(30);
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  web.Advance(absl::Minutes(1));
  EXPECT_EQ(web.state(), State::kStarting);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().reason, "it was not ready within 30s; left alone");
  // Its time limit starts over at the release.
  web.Do(Kind::kRelease);
  web.Advance(absl::Seconds(29));
  EXPECT_EQ(web.now().pid, pid);
  web.Advance(absl::Seconds(1));
  EXPECT_NE(web.now().pid, pid);
  EXPECT_EQ(web.now().runs->front().exit.verdict, "it was not ready within 30s");
}

TEST(DaemonRunnerHoldsTest, AFailedCheckIsReportedAndStartsOverAtTheRelease) {
  DaemonSpec spec = WebSpec();
  CheckTarget target;
  target.kind = CheckTarget::Kind::kHttp;
  target.text = "http://localhost:80/";
  spec.check.target = std::make_shared<const CheckTarget>(target);
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  const int64_t check = web.prober.NumberOf("web");
  web.Tell(DaemonHealth::kUnhealthy, "HTTP 503");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().health, DaemonHealth::kUnhealthy);
  EXPECT_EQ(web.now().reason,
            "check http://localhost:80/ failed 3 times in a row: HTTP 503; left alone");
  EXPECT_EQ(web.prober.NumberOf("web"), check);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_NE(web.prober.NumberOf("web"), check);
  web.Tell(DaemonHealth::kUnhealthy, "HTTP 503");
  EXPECT_NE(web.now().pid, pid);
}

TEST(DaemonRunnerHoldsTest, ADaemonThatRestartsWithAnotherIsLeftAlone) {
  DaemonSpec spec = WebSpec();
  spec.depends_on = {{"db", Dependency::Condition::kReady, /*restarts_with=*/true}};
  RunnerHarness web(spec);
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  web.PublishOther("db", State::kStopped);
  web.PublishOther("db", State::kRunning);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().reason, "it restarts with db, which has ended or is about to; left alone");
  // The release does not make up for it; later ends count again.
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.now().pid, pid);
  web.PublishOther("db", State::kStopped);
  EXPECT_EQ(web.state(), State::kWaiting);
}

// Returns the spec of a daemon that restarts with "db".
DaemonSpec RestartsWithDb() {
  DaemonSpec spec = WebSpec();
  spec.depends_on = {{"db", Dependency::Condition::kReady, /*restarts_with=*/true}};
  return spec;
}

TEST(DaemonRunnerHoldsTest, AHoldCancelsAnAutomaticEndThatStillWaits) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  DeparturePtr departure = Announce(web, "app");
  Command replace = RunnerHarness::Make(Kind::kReplace, WithCommand("new"));
  replace.ends_after = {{"app", departure}};
  const Answer reload = web.Do(std::move(replace));
  ASSERT_TRUE(web.now().awaits_dependents);
  PlaceHold(web);
  EXPECT_FALSE(web.now().awaits_dependents);
  EXPECT_EQ(reload.InAWord(), "OK");
  EXPECT_EQ(web.now().reason, "no longer being restarted: its configuration changed; left alone");
  departure = nullptr;
  web.Settle();
  EXPECT_EQ(web.now().pid, pid);
  web.Do(Kind::kRelease);
  web.Exit(1);
  EXPECT_EQ(web.now().spec->argv.back(), "new");
}

TEST(DaemonRunnerHoldsTest, ASecondHoldDoesNotCancelARestartByAnOperator) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  DeparturePtr departure = Announce(web, "app");
  web.Do(StopAfter("app", departure));
  const Answer start = web.Do(Kind::kStart);
  PlaceHold(web);
  PlaceHold(web);
  EXPECT_TRUE(web.now().awaits_dependents);
  departure = nullptr;
  web.Settle();
  EXPECT_EQ(start.InAWord(), "BLOCKED");
  ExpectAwaitsRelease(web);
}

TEST(DaemonRunnerHoldsTest, AHoldDoesNotCancelAStopByAnOperator) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  DeparturePtr departure = Announce(web, "app");
  const Answer stopped = web.Do(StopAfter("app", departure));
  PlaceHold(web);
  EXPECT_TRUE(web.now().awaits_dependents);
  departure = nullptr;
  web.Settle();
  EXPECT_EQ(stopped.InAWord(), "OK");
  EXPECT_EQ(web.state(), State::kStopped);
}

TEST(DaemonRunnerHoldsTest, AReloadDoesNotKeepBackWhatAnOperatorCommanded) {
  RunnerHarness web;
  web.spawner.SetProgram(SlowToEnd(absl::Seconds(2)));
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Do(Kind::kRestart);
  web.Do(Kind::kReplace, WithCommand("new"));
  web.Advance(absl::Seconds(2));
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().spec->argv.back(), "new");
}

TEST(DaemonRunnerHoldsTest, AReleaseFollowsAPartnerThatStillWaits) {
  RunnerHarness web(RestartsWithDb());
  web.PublishOther("db", State::kRunning);
  web.Do(Kind::kBoot);
  PlaceHold(web);
  DaemonSnapshot db = *web.registry.Find("db");
  db.awaits_dependents = true;
  web.registry.Publish(std::make_shared<const DaemonSnapshot>(db));
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kWaiting);
}

TEST(DaemonRunnerHoldsTest, AReleaseDuringAStopBeginsNoCheck) {
  DaemonSpec spec = WebSpec();
  spec.check.target = std::make_shared<const CheckTarget>();
  RunnerHarness web(spec);
  web.Do(Kind::kBoot);
  PlaceHold(web);
  web.Tell(DaemonHealth::kUnhealthy);
  DeparturePtr departure = Announce(web, "app");
  web.Do(StopAfter("app", departure));
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.prober.Find("web"), nullptr);
}

TEST(DaemonRunnerHoldsTest, AReloadIsTakenAtTheNextStart) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  const pid_t pid = web.now().pid;
  PlaceHold(web);
  EXPECT_EQ(web.Do(Kind::kReplace, WithCommand("new")).InAWord(), "OK");
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().reason, "running with its former configuration until its next start");
  EXPECT_EQ(web.now().spec->argv.back(), "/bin/web");
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.now().pid, pid);
  EXPECT_EQ(web.now().spec->argv.back(), "/bin/web");
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().spec->argv.back(), "new");
}

TEST(DaemonRunnerHoldsTest, AReloadOfAHeldDaemonThatIsDownIsTakenAtOnce) {
  RunnerHarness web;
  PlaceHold(web);
  web.Do(Kind::kBoot);
  EXPECT_EQ(web.Do(Kind::kReplace, WithCommand("new")).InAWord(), "OK");
  EXPECT_EQ(web.now().spec->argv.back(), "new");
  ExpectAwaitsRelease(web);
}

TEST(DaemonRunnerHoldsTest, AnAutomaticStartDoesNotTakeAConfigurationThatCannotStart) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  PlaceHold(web);
  DaemonSpec missing = WebSpec();
  missing.argv = {"/bin/missing"};
  web.spawner.SetMissing("/bin/missing", true);
  EXPECT_EQ(web.Do(Kind::kReplace, missing).InAWord(), "OK");
  EXPECT_THAT(web.now().reason, HasSubstr("; the new one cannot start: "));
  web.Do(Kind::kRelease);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().spec->argv.back(), "/bin/web");
}

TEST(DaemonRunnerHoldsTest, AReloadOfALiveSettingTakesEffect) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  PlaceHold(web);
  DaemonSpec spec = WebSpec();
  spec.restart_policy.max_retries = 1;
  web.Do(Kind::kUpdate, spec);
  web.Exit(1);
  EXPECT_EQ(web.state(), State::kHalted);
}

TEST(DaemonRunnerHoldsTest, RemovalAndShutdownEndAHeldDaemon) {
  for (const Kind kind : {Kind::kRemove, Kind::kShutDown}) {
    RunnerHarness web;
    HoldStore holds("", "", web.clock);
    web.context.holds = &holds;
    web.Do(Kind::kBoot);
    PlaceHold(web);
    EXPECT_EQ(web.Do(kind).InAWord(), "OK");
    EXPECT_TRUE(web.runner->finished());
    EXPECT_EQ(web.spawner.Alive("web"), 0);
    EXPECT_EQ(holds.Find("web") == nullptr, kind == Kind::kRemove);
  }
}

TEST(DaemonRunnerHoldsTest, AHoldExpires) {
  RunnerHarness web;
  web.Do(Kind::kBoot);
  PlaceHold(web, absl::Minutes(30));
  web.Exit(1);
  web.Advance(absl::Minutes(30) - absl::Seconds(1));
  EXPECT_EQ(web.state(), State::kWaiting);
  // Setting the clock does not change when it expires.
  web.clock.JumpWall(absl::Hours(5));
  web.Settle();
  EXPECT_EQ(web.state(), State::kWaiting);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(web.now().hold, nullptr);
}

TEST(DaemonRunnerHoldsTest, SuspendedTimeCounts) {
  RunnerHarness web;
  PlaceHold(web, absl::Hours(8));
  web.clock.Suspend(absl::Hours(8));
  EXPECT_LE(web.runner->NextDeadline() - web.clock.Now().monotonic, absl::Minutes(1));
  web.Settle();
  EXPECT_EQ(web.now().hold, nullptr);
}

TEST(DaemonRunnerHoldsTest, AHoldThatCannotBeKeptIsRefused) {
  RunnerHarness web;
  HoldStore holds("/proc/no/holds", "", web.clock);
  web.context.holds = &holds;
  web.Do(Kind::kBoot);
  const Answer hold = web.Do(HoldFor(web));
  EXPECT_EQ(hold.InAWord(), "STATE_NOT_WRITABLE");
  EXPECT_EQ(web.now().hold, nullptr);
  EXPECT_THAT(std::string(hold.status().message()), HasSubstr("cannot write /proc/no/holds"));
}

TEST(DaemonRunnerHoldsTest, ANewServerContinuesAHold) {
  RunnerHarness web;
  HoldStore holds("", "", web.clock);
  const Command command = HoldFor(web);
  EXPECT_TRUE(holds.Put("web", command.hold).ok());
  web.context.holds = &holds;
  web.runner =
      std::make_unique<DaemonRunner>(std::make_shared<const DaemonSpec>(WebSpec()), web.context);
  EXPECT_EQ(web.Do(Kind::kBoot).InAWord(), "OK");
  ExpectAwaitsRelease(web);
  web.Do(Kind::kRelease);
  EXPECT_EQ(web.state(), State::kRunning);
  EXPECT_EQ(holds.Find("web"), nullptr);
}

}  // namespace
}  // namespace hob
