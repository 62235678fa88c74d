// Runs the verbs that place, end, respect and show holds against a FakeSupervisor.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/run_test_env.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr char kHeld[] = "held by alice (uid 1001): disk swap";
constexpr char kPassedOver[] =
    "hob: web2: passed over, held by alice (uid 1001): disk swap; --held includes it\n";

// Returns the daemon, held ten minutes ago for another `minutes`; 0 means until released.
v1::StatusResponse Held(v1::StatusResponse status, int minutes = 0) {
  *status.mutable_daemon()->mutable_hold() = Parse<v1::Hold>(
      absl::StrCat("owner: 'alice (uid 1001)' reason: 'disk swap' ", Ago("create_time", 600),
                   minutes == 0 ? "" : Ago(" expire_time", -60 * minutes)));
  return status;
}

// Returns `web2`, RUNNING.
v1::StatusResponse Web2() {
  v1::StatusResponse status = Web();
  status.mutable_daemon()->set_name("web2");
  return status;
}

// Returns `worker-1` with a start that waits for the end of its hold.
v1::StatusResponse AwaitingRelease(int minutes = 0) {
  v1::StatusResponse status = Held(Waiting(), minutes);
  v1::Daemon& daemon = *status.mutable_daemon();
  daemon.set_state(v1::Daemon::WAITING);
  daemon.set_reason(kHeld);
  daemon.clear_next_start_time();
  daemon.add_blockers()->set_kind(v1::Blocker::HOLD);
  return status;
}

class HoldTest : public RunTest {
 protected:
  // Puts web, web2, which is held, and api.
  void PutOneHeld() {
    for (const v1::StatusResponse& daemon : {Web(), Held(Web2()), Halted()}) server_.Put(daemon);
  }

  // Returns the line of `hob explain` about the next start; empty without one.
  std::string NextStart(const v1::StatusResponse& daemon) {
    server_.Put(daemon);
    const std::string out = Hob({"explain", daemon.daemon().name()}).out;
    const size_t start = out.find("next start: ");
    if (start == std::string::npos) return "";
    return out.substr(start, out.find('\n', start) - start);
  }
};

TEST_F(HoldTest, HoldPrintsTheStateAndTheHold) {
  PutAll();
  EXPECT_EQ(Hob({"hold", "web", "--reason", "disk swap"}).out,
            "web: RUNNING, pid 812; held by alice (uid 1001): disk swap\n");
  EXPECT_EQ(Hob({"hold", "api", "--for", "30min", "--reason", "disk swap"}).out,
            "api: HALTED; held by alice (uid 1001) until 12:30:00: disk swap\n");
  EXPECT_EQ(Hob({"hold", "web", "--for=1d", "--reason=x"}).out,
            "web: RUNNING, pid 812; held by alice (uid 1001) until 2026-01-02 12:00:00: x\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Hold web 'disk swap'", "Hold api 1800s 'disk swap'",
                                           "Hold web 86400s 'x'"));
  EXPECT_THAT(Hob({"hold", "web", "--reason", "x", "-o", "json"}).out,
              HasSubstr("\"hold\":{\"owner\":\"alice (uid 1001)\",\"reason\":\"x\","));
}

TEST_F(HoldTest, ReleasePrintsTheState) {
  PutOneHeld();
  EXPECT_EQ(Hob({"release", "web2", "--reason", "done"}).out, "web2: RUNNING, pid 812\n");
  EXPECT_EQ(Hob({"release", "api"}).out, "api: HALTED\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Release web2 'done'", "Release api"));
}

TEST_F(HoldTest, AReasonCannotReachTheTerminalUnescaped) {
  server_.Put(Web());
  EXPECT_EQ(Hob({"hold", "web", "--reason", "a\x1b[2J\nb"}).out,
            "web: RUNNING, pid 812; held by alice (uid 1001): a\\x1b[2J\\nb\n");
  EXPECT_EQ(Hob({"stop", "w*"}).err,
            "hob: web: passed over, held by alice (uid 1001): a\\x1b[2J\\nb; --held includes it\n");
  for (const char* verb : {"list", "status", "explain", "graph"}) {
    std::vector<std::string> arguments = {verb};
    if (arguments[0] == "explain") arguments.push_back("web");
    EXPECT_FALSE(absl::StrContains(Hob(arguments).out, "\x1b")) << verb;
  }
}

TEST_F(HoldTest, AHoldNeedsAReason) {
  PutAll();
  ExpectGolden("hold_no_reason", {"hold", "web"});
  ExpectGolden("hold_blank_reason", {"hold", "web", "--reason", " "});
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(HoldTest, TheLengthOfAHoldIsADurationGreaterThanZero) {
  PutAll();
  ExpectGolden("hold_for_zero", {"hold", "web", "--for", "0", "--reason", "x"});
  ExpectGolden("hold_for_text", {"hold", "web", "--for", "x", "--reason", "x"});
  EXPECT_EQ(Hob({"hold", "web", "--for", "", "--reason", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Hob({"hold", "web", "--for", "-5", "--reason", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Hob({"hold", "web", "--for", "40000d", "--reason", "x"}).code, ExitCode::kUsage);
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(HoldTest, NamesAreCheckedAsByOtherCommands) {
  PutAll();
  ExpectGolden("hold_unknown", {"hold", "wbe", "--reason", "x"});
  EXPECT_EQ(Hob({"release", "wbe"}).code, ExitCode::kNoSuchDaemon);
  EXPECT_EQ(Hob({"release", "x*"}).err, "hob: no daemon matches 'x*'\n");
  EXPECT_EQ(Hob({"hold", "--reason", "x"}).code, ExitCode::kUsage);
  EXPECT_EQ(Hob({"release"}).code, ExitCode::kUsage);
  EXPECT_EQ(Hob({"hold", "--all", "web", "--reason", "x"}).code, ExitCode::kUsage);
}

TEST_F(HoldTest, TheServersErrorsAreReported) {
  PutAll();
  server_.Fail("Hold", "web", grpc::StatusCode::INVALID_ARGUMENT,
               "reason: at most 200 characters, not 201");
  const Result too_long = Hob({"hold", "web", "--reason", std::string(201, 'x')});
  EXPECT_EQ(too_long.code, ExitCode::kUsage);
  EXPECT_EQ(too_long.err, "hob: web: reason: at most 200 characters, not 201\n");
  server_.Fail("Hold", "api", grpc::StatusCode::FAILED_PRECONDITION,
               "/var/lib/hob cannot be written: Read-only file system");
  const Result failed = Hob({"hold", "api", "--reason", "x", "-o", "json"});
  EXPECT_EQ(failed.code, ExitCode::kFailed);
  EXPECT_EQ(failed.out, "");
  EXPECT_EQ(failed.err, "hob: api: /var/lib/hob cannot be written: Read-only file system\n");
}

TEST_F(HoldTest, GlobsAndAllPassOverHeldDaemons) {
  PutOneHeld();
  const Result start = Hob({"start", "w*"});
  EXPECT_EQ(start.out, "web: RUNNING, pid 4242\n");
  EXPECT_EQ(start.err, kPassedOver);
  EXPECT_EQ(start.code, ExitCode::kDone);
  EXPECT_EQ(Hob({"restart", "web?", "w*"}).err, kPassedOver);
  EXPECT_EQ(Hob({"stop", "--all"}).err, kPassedOver);
  EXPECT_EQ(Hob({"signal", "HUP", "w*"}).err, kPassedOver);
  EXPECT_THAT(server_.calls(),
              UnorderedElementsAre("Start web 30s", "Restart web 30s", "Stop web 30s",
                                   "Stop api 30s", "Signal web HUP"));
}

TEST_F(HoldTest, PassingOverAllDoesNothing) {
  server_.Put(Held(Web2()));
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"stop", "w*"},
                                             {"restart", "--all"},
                                             {"stop", "--all", "-o", "json"},
                                             {"hold", "--all", "--reason", "x"}}) {
    const Result result = Hob(arguments);
    EXPECT_EQ(result.code, ExitCode::kDone) << arguments[0];
    EXPECT_EQ(result.out, "") << arguments[0];
    EXPECT_EQ(result.err, kPassedOver) << arguments[0];
  }
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(HoldTest, HeldIncludesHeldDaemons) {
  PutOneHeld();
  const Result restart = Hob({"restart", "w*", "--held"});
  EXPECT_EQ(restart.out,
            absl::StrCat("web: RUNNING, pid 4242\nweb2: RUNNING, pid 4242; ", kHeld, "\n"));
  EXPECT_EQ(restart.err, "");
  Hob({"signal", "HUP", "--all", "--held"});
  EXPECT_THAT(server_.calls(),
              UnorderedElementsAre("Restart web 30s", "Restart web2 30s", "Signal api HUP",
                                   "Signal web HUP", "Signal web2 HUP"));
}

TEST_F(HoldTest, ANamedDaemonIsNeverPassedOver) {
  PutOneHeld();
  EXPECT_EQ(Hob({"restart", "web2"}).out, absl::StrCat("web2: RUNNING, pid 4242; ", kHeld, "\n"));
  EXPECT_EQ(Hob({"signal", "HUP", "web2"}).out,
            absl::StrCat("web2: HUP sent to pid 4242; ", kHeld, "\n"));
  const Result both = Hob({"stop", "w*", "web2"});
  EXPECT_EQ(both.out, absl::StrCat("web: STOPPED\nweb2: STOPPED; ", kHeld, "\n"));
  EXPECT_EQ(both.err, "");
  EXPECT_EQ(Hob({"start", "api", "web2"}).err, "");
}

TEST_F(HoldTest, AGlobDoesNotReplaceHolds) {
  PutOneHeld();
  const Result hold = Hob({"hold", "w*", "--reason", "upgrade"});
  EXPECT_EQ(hold.out, "web: RUNNING, pid 812; held by alice (uid 1001): upgrade\n");
  EXPECT_EQ(hold.err, kPassedOver);
  EXPECT_EQ(Hob({"hold", "web2", "--reason", "a name"}).err, "");
  EXPECT_EQ(Hob({"hold", "w*", "--held", "--reason", "all"}).err, "");
  EXPECT_THAT(server_.calls(), UnorderedElementsAre("Hold web 'upgrade'", "Hold web2 'a name'",
                                                    "Hold web 'all'", "Hold web2 'all'"));
}

TEST_F(HoldTest, ReleaseWithoutNamesMeansHeldDaemons) {
  PutOneHeld();
  const Result result = Hob({"release", "w*"});
  EXPECT_EQ(result.out, "web2: RUNNING, pid 812\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(Hob({"release", "--all"}).err, "hob: no daemon is held\n");
  Hob({"release", "web", "a*"});
  EXPECT_EQ(Hob({"release", "w*", "--held"}).code, ExitCode::kUsage);
  EXPECT_THAT(server_.calls(), UnorderedElementsAre("Release web2", "Release web"));
}

TEST_F(HoldTest, StopNamesHeldDependents) {
  v1::StatusResponse db = Web();
  db.mutable_daemon()->set_name("db");
  db.add_dependents("web");
  db.add_dependents("web2");
  server_.Put(db);
  PutOneHeld();
  const std::string held = "hob: db: held dependents not stopped: web2; stop them by name\n";
  EXPECT_EQ(Hob({"stop", "db"}).err,
            "hob: db: dependents not stopped: web; use --dependents to stop them first\n" + held);
  EXPECT_EQ(Hob({"stop", "db", "--dependents"}).err, held);
}

TEST_F(HoldTest, ListMarksHeldDaemons) {
  server_.Put(Web());
  server_.Put(Held(Web2()));
  server_.Put(AwaitingRelease());
  ExpectGolden("list_held", {"list"});
  EXPECT_THAT(Hob({"list"}, kColourTerminal).out, HasSubstr("\x1b[32mRUNNING (held)\x1b[0m"));
  EXPECT_EQ(Hob({"list", "-q", "--state", "waiting"}).out, "worker-1\n");
}

TEST_F(HoldTest, StatusDescribesTheHold) {
  server_.Put(Held(Web(), 30));
  ExpectGolden("status_held", {"status", "web"});
  server_.Put(Held(Web()));
  EXPECT_THAT(
      Hob({"status", "web"}).out,
      HasSubstr("hold:        by alice (uid 1001), 2026-01-01 11:50:00 UTC (10m ago), until "
                "released: disk swap\n"));
  server_.Put(Held(Waiting()));
  EXPECT_THAT(Hob({"status", "worker-1"}).out,
              HasSubstr("next start:  due 2026-01-01 12:00:04 UTC (in 4s), but waits until it is "
                        "released: "));
}

TEST_F(HoldTest, ExplainDescribesTheHold) {
  server_.Put(Held(Web()));
  ExpectGolden("explain_held", {"explain", "web"});
  server_.Put(AwaitingRelease());
  ExpectGolden("explain_waiting_held", {"explain", "worker-1"});
}

TEST_F(HoldTest, ExplainSaysWhenAWaitingDaemonStarts) {
  EXPECT_EQ(NextStart(AwaitingRelease()),
            "next start: when it is released: 'hob release worker-1'; 'hob start worker-1' starts "
            "it now");
  EXPECT_EQ(NextStart(AwaitingRelease(30)),
            "next start: when the hold expires, 12:30:00 (in 30m), or is released: 'hob release "
            "worker-1'; 'hob start worker-1' starts it now");
  v1::StatusResponse commanded = AwaitingRelease();
  commanded.mutable_daemon()->mutable_blockers(0)->set_kind(v1::Blocker::DEPENDENCY);
  EXPECT_EQ(NextStart(commanded), "next start: as soon as its dependencies are met");
}

TEST_F(HoldTest, ExplainPromisesNoStartThatTheHoldPrevents) {
  EXPECT_EQ(NextStart(Held(Waiting())),
            "next start: due 2026-01-01 12:00:04 UTC (in 4s), but waits until it is released: 'hob "
            "release worker-1'; 'hob start worker-1' starts it now");
  EXPECT_EQ(NextStart(Held(Waiting(), 30)),
            "next start: due 2026-01-01 12:00:04 UTC (in 4s), but waits until the hold expires, "
            "12:30:00 (in 30m), or is released: 'hob release worker-1'; 'hob start worker-1' "
            "starts it now");
  v1::StatusResponse later = Held(Waiting(), 30);
  later.mutable_daemon()->mutable_next_start_time()->set_seconds(kNowSeconds + 3600);
  EXPECT_EQ(NextStart(later), "next start: 2026-01-01 13:00:00 UTC (in 1h)");
}

TEST_F(HoldTest, ExplainSaysWhenAHaltedDaemonStarts) {
  v1::StatusResponse api = Held(Halted());
  EXPECT_EQ(NextStart(api), "next start: not scheduled; 'hob start api' starts it");
  (*api.mutable_spec()->mutable_settings())["on_halt"] = "retry";
  EXPECT_EQ(NextStart(api),
            "next start: when it is released: 'hob release api'; 'hob start api' starts it now");
  api.mutable_daemon()->mutable_next_start_time()->set_seconds(kNowSeconds + 60);
  EXPECT_EQ(NextStart(api),
            "next start: due 2026-01-01 12:01:00 UTC (in 1m), but waits until it is released: 'hob "
            "release api'; 'hob start api' starts it now");
}

TEST_F(HoldTest, TheAgeOfAHoldIsNotThatOfTheState) {
  v1::StatusResponse web = Held(Web());
  web.mutable_daemon()->set_reason("restarted by alice (uid 1001): new disk");
  *web.mutable_daemon()->mutable_last_command() = Parse<v1::Command>(
      absl::StrCat("method: 'Hold' caller: 'alice (uid 1001)' ", Ago("time", 600)));
  server_.Put(web);
  EXPECT_THAT(Hob({"explain", "web"}).out,
              HasSubstr("why: restarted by alice (uid 1001): new disk\n"));
}

TEST_F(HoldTest, ReloadSaysThatARestartIsPutOff) {
  const v1::ReloadResponse plan = Parse<v1::ReloadResponse>(
      "changes { name: 'api' action: RESTART keys: 'command' state: RUNNING } "
      "changes { name: 'web' action: RESTART keys: 'command' keys: 'nice' held: true "
      "  state: RUNNING } generation: 4");
  server_.SetReload(plan, plan);
  ExpectGolden("reload_held", {"reload"});
  ExpectGolden("reload_dry_run_held", {"reload", "--dry-run"});
}

TEST_F(HoldTest, WatchShowsHolds) {
  const std::string web = "name: 'web' state: RUNNING pid: 7 reason: 'up and ready' ";
  const std::string hold = "hold { owner: 'alice (uid 1001)' reason: 'disk swap' } ";
  const std::string longer = absl::StrCat("hold { owner: 'alice (uid 1001)' reason: 'disk swap' ",
                                          Ago("expire_time", -1800), " } ");
  const std::string waiting =
      "name: 'web' state: WAITING reason: 'held by alice (uid 1001): disk swap' "
      "blockers { kind: HOLD } ";
  server_.SetWatch(
      {WatchedDaemon(1,
                     "name: 'api' state: WAITING reason: 'held by alice (uid 1001): disk swap' "
                     "blockers { kind: HOLD } " +
                         hold),
       WatchedDaemon(1, "name: 'job' state: RUNNING reason: 'up and ready' " + hold),
       WatchedDaemon(1, web), Parse<v1::WatchResponse>("sequence: 1 synced: true"),
       WatchedDaemon(2, web + hold, Ago("time", 9)),
       WatchedDaemon(3, web + hold + "status_text: 'busy'", Ago("time", 8)),
       WatchedDaemon(4, web + longer, Ago("time", 7)),
       WatchedDaemon(5, waiting + longer, Ago("time", 6)),
       WatchedDaemon(6, "name: 'web' state: STARTING reason: 'exit code 1'", Ago("time", 5))},
      grpc::Status::OK);
  ExpectGolden("watch_held", {"watch"});
}

TEST_F(HoldTest, GraphMarksHeldDaemons) {
  v1::StatusResponse web = Held(Web());
  *web.add_dependencies() = Parse<v1::Dependency>("daemon: 'api' condition: READY met: false");
  server_.Put(web);
  v1::StatusResponse api = Halted();
  api.add_dependents("web");
  server_.Put(api);
  EXPECT_EQ(Hob({"graph"}).out, "web  RUNNING (held)\n  api: ready (not met)  HALTED\n");
  EXPECT_THAT(Hob({"graph", "--dot"}).out, HasSubstr("[label=\"web\\nRUNNING (held)\"]"));
}

TEST_F(HoldTest, HealthNamesHeldDaemons) {
  server_.SetHealth("", grpc::health::v1::HealthCheckResponse::SERVING);
  server_.Put(Held(Web()));
  EXPECT_EQ(Hob({"health"}).code, ExitCode::kDone);
  server_.Put(AwaitingRelease());
  EXPECT_EQ(Hob({"health"}).out, "DEGRADED: 1 of 2 daemons not up: worker-1 is WAITING (held)\n");
}

TEST_F(HoldTest, TheHelpExplainsTheOptions) {
  ExpectGolden("help_hold", {"hold", "--help"});
  ExpectGolden("help_release", {"release", "--help"});
}

TEST_F(HoldTest, ProgressIsShownOnlyOnATerminal) {
  PutAll();
  EXPECT_THAT(Hob({"hold", "--all", "--reason", "x"}, kTerminal).err, StartsWith("\r\x1b[K"));
  EXPECT_THAT(Hob({"release", "--all"}, kTerminal).err, StartsWith("\r\x1b[K"));
  EXPECT_EQ(Hob({"hold", "--all", "--reason", "x"}).err, "");
}

TEST_F(HoldTest, ACallIsNotRepeatedWhenItsConnectionBreaks) {
  PutAll();
  server_.BreakOff("Hold");
  const Result result = Hob({"hold", "web", "--reason", "x"});
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("see 'hob status web'"));
  EXPECT_THAT(server_.calls(), ElementsAre("Hold web 'x'"));
}

}  // namespace
}  // namespace client
}  // namespace hob
