// Runs the whole client against a FakeSupervisor and compares its output and exit codes with the
// files in testdata/.
#include "client/run.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/run_test_env.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/key_descriptions.h"

namespace hob {
namespace client {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

using Arguments = std::vector<std::string>;

// Returns a daemon that ended by itself with `code`; its success codes are 0 and 3.
v1::StatusResponse Exited(const std::string& name, int code) {
  return Parse<v1::StatusResponse>(absl::StrCat(
      "daemon { name: '", name, "' state: EXITED wanted: true last_exit { exit_code: ", code,
      " } } spec { settings { key: 'success_exit_codes' value: '0 3' } } runs { pid: 9 exit { ",
      "exit_code: ", code, " } }"));
}

v1::StatusResponse Stopped() {
  return Parse<v1::StatusResponse>(
      absl::StrCat("daemon { name: 'mail' state: STOPPED reason: 'stopped by alice (uid 1001): "
                   "deploying 4.2; 1 ",
                   "process outlived stop_timeout and was killed' last_command { method: 'Stop' ",
                   "caller: 'alice (uid 1001)' ", Ago("time", 180), " reason: 'deploying 4.2' } } ",
                   "spec { command: '/opt/mail' origin: '/etc/hob/hob.ini:7' }"));
}

v1::StatusResponse Hostile() {
  return Parse<v1::StatusResponse>(
      "daemon { name: 'evil' state: EXITED reason: 'x\\033[2J\\nhob: all is well' } "
      "spec { command: '/bin/echo \\033]0;title\\007' }");
}

TEST_F(RunTest, ListIsPlainInAPipe) {
  PutAll();
  server_.Put(Hostile());
  ExpectGolden("list_pipe", {"list"});
}

TEST_F(RunTest, ListIsCutAndColouredOnATerminal) {
  PutAll();
  ExpectGolden("list_terminal", {"ls"}, kTerminal);
  ExpectGolden("list_colour", {"list"}, kColourTerminal);
}

TEST_F(RunTest, ListPrintsTheResponseAsJson) {
  server_.Put(Halted());
  ExpectGolden("list_json", {"list", "-o", "json"});
}

TEST_F(RunTest, ListFollowsEveryPage) {
  server_.SetPageSize(2);
  PutAll();
  EXPECT_EQ(Hob({"list", "-q"}).out, "api\nweb\nworker-1\n");
  const Result json = Hob({"-o", "json", "list"});
  EXPECT_THAT(json.out, HasSubstr("worker-1"));
  EXPECT_THAT(json.out, HasSubstr("\"nextPageToken\":\"\""));
}

TEST_F(RunTest, ListFiltersByNameAndState) {
  PutAll();
  EXPECT_EQ(Hob({"list", "-q", "w*"}).out, "web\nworker-1\n");
  EXPECT_EQ(Hob({"list", "-q", "[ab]*"}).out, "api\n");
  EXPECT_EQ(Hob({"list", "-q", "[web]*"}).out, "web\nworker-1\n");
  EXPECT_EQ(Hob({"list", "-q", "--state", "halted,running"}).out, "api\nweb\n");
  EXPECT_EQ(Hob({"list", "-q", "--state", "running", "w*", "--state=halted"}).out, "web\n");
  EXPECT_EQ(Hob({"list", "-q", "--state", "exited"}).out, "");
}

TEST_F(RunTest, ListOfAnUnknownStateOrNameIsAnError) {
  PutAll();
  ExpectGolden("list_unknown_state", {"list", "--state", "dead"});
  ExpectGolden("list_unknown_name", {"list", "web", "wbe", "x*"});
  EXPECT_EQ(Hob({"list", "-q", "-o", "json"}).code, ExitCode::kUsage);
}

TEST_F(RunTest, AnEmptyListHasAHeaderAndANote) { ExpectGolden("list_empty", {"list"}); }

TEST_F(RunTest, StatusDescribesADaemonInFull) {
  PutAll();
  server_.Put(Stopped());
  ExpectGolden("status_running", {"status", "web"});
  ExpectGolden("status_halted", {"status", "api"});
  ExpectGolden("status_stopped", {"status", "mail"});
  ExpectGolden("status_colour", {"status", "api"}, kColourTerminal);
}

TEST_F(RunTest, StatusWithoutNamesDescribesAll) {
  PutAll();
  ExpectGolden("status_all", {"status"});
}

TEST_F(RunTest, StatusPrintsOneJsonObjectPerLine) {
  PutAll();
  ExpectGolden("status_json", {"status", "web", "api", "-o", "json"});
}

TEST_F(RunTest, StatusExitsWithItsOwnCodes) {
  EXPECT_EQ(Hob({"status"}).code, ExitCode::kDone);
  PutAll();
  EXPECT_EQ(Hob({"status", "web"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"status", "w*"}).code, ExitCode::kNotRunning);
  ExpectGolden("status_unknown", {"status", "wbe", "-o", "json"});
  EXPECT_EQ(Hob({"status", "web", "wbe"}).code, kStatusUnknown);
  EXPECT_EQ(Hob({"status", "--address", "unix:/nowhere/hob.sock"}).code, kStatusUnknown);
  EXPECT_EQ(Hob({"status", "--address", "nowhere"}).code, ExitCode::kUsage);
}

TEST_F(RunTest, StatusAcceptsCompletedAndUnwantedDaemons) {
  server_.Put(Web());
  server_.Put(Exited("setup", 3));
  EXPECT_EQ(Hob({"status"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"status", "setup"}).code, ExitCode::kDone);
  v1::StatusResponse stopped = Web();
  stopped.mutable_daemon()->set_name("idle");
  stopped.mutable_daemon()->set_state(v1::Daemon::STOPPED);
  stopped.mutable_daemon()->set_wanted(false);
  server_.Put(stopped);
  EXPECT_EQ(Hob({"status"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"status", "idle"}).code, ExitCode::kNotRunning);
  server_.Put(Exited("failed", 1));
  EXPECT_EQ(Hob({"status"}).code, ExitCode::kNotRunning);
  EXPECT_EQ(Hob({"status", "failed"}).code, ExitCode::kNotRunning);
}

TEST_F(RunTest, ARunThatHobEndedHasNotCompletedWhateverItsExitCode) {
  v1::StatusResponse late = Exited("late", 0);
  late.mutable_runs(0)->set_verdict("not ready within 60s");
  server_.Put(late);
  EXPECT_EQ(Hob({"status"}).code, ExitCode::kNotRunning);
}

TEST_F(RunTest, AFailureNamesTheCommandThatShowsItsLog) {
  PutAll();
  EXPECT_THAT(Hob({"status", "api"}).out, HasSubstr("output:      hob logs api\n"));
  EXPECT_THAT(Hob({"explain", "api"}).out, HasSubstr("output: hob logs api\n"));
  for (const char* name : {"web", "worker-1"}) {
    EXPECT_THAT(Hob({"status", name}).out, Not(HasSubstr("hob logs"))) << "it is up, or never ran";
  }
  v1::StatusResponse api = Halted();
  (*api.mutable_spec()->mutable_settings())["stderr"] = "inherit";
  server_.Put(api);
  EXPECT_THAT(Hob({"status", "api"}).out, Not(HasSubstr("hob logs")));
}

TEST_F(RunTest, ExplainShowsTheReasonAndTheRemedy) {
  PutAll();
  server_.Put(Stopped());
  ExpectGolden("explain_halted", {"explain", "api"});
  ExpectGolden("explain_backoff", {"explain", "worker-1"});
  ExpectGolden("explain_running", {"explain", "web"});
  ExpectGolden("explain_stopped", {"explain", "mail"});
  EXPECT_EQ(Hob({"explain", "wbe"}).code, ExitCode::kNoSuchDaemon);
  EXPECT_EQ(Hob({"explain"}).code, ExitCode::kUsage);
}

TEST_F(RunTest, InfoDescribesTheServer) {
  server_.SetInfo(Parse<v1::InfoResponse>(
      absl::StrCat("version: '0.1.0' pid: 77 config_generation: 3 containment: 'session' ",
                   Ago("start_time", 90000), " counts { key: 'RUNNING' value: 95 } ",
                   "counts { key: 'HALTED' value: 2 } counts { key: 'STOPPED' value: 0 }")));
  ExpectGolden("info", {"info"});
  EXPECT_THAT(Hob({"info", "-o", "json"}).out, HasSubstr("\"configGeneration\":\"3\""));
}

TEST_F(RunTest, WatchShowsOneMovePerLine) {
  const std::string web = "name: 'web' wanted: true ";
  server_.SetWatch(
      {WatchedDaemon(3, "name: 'api' state: STOPPED reason: 'not started: autostart = no'"),
       WatchedDaemon(3, web + "state: RUNNING pid: 7 reason: 'started by the configuration'"),
       Parse<v1::WatchResponse>("sequence: 3 synced: true"),
       WatchedDaemon(4, web + "state: STARTING reason: 'exit code 1; at once'",
                     Ago("time", 2, 120)),
       WatchedDaemon(5, web + "state: STARTING pid: 8 reason: 'exit code 1; at once'",
                     Ago("time", 2, 130)),
       WatchedDaemon(6, web + "state: RUNNING pid: 8 reason: 'started again'", Ago("time", 2, 140)),
       WatchedDaemon(7, "name: 'new-one' state: STOPPED", Ago("time", 1)),
       WatchedDaemon(8, "name: 'api' state: STOPPED", "removed: true " + Ago("time", 1))},
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is shutting down", "details"));
  ExpectGolden("watch", {"watch"});
  ExpectGolden("watch_colour", {"watch"}, kColourTerminal);
  ExpectGolden("watch_json", {"watch", "-o", "json"});
}

TEST_F(RunTest, WatchShowsTheDifferencesAfterAGap) {
  server_.SetWatch({WatchedDaemon(3, "name: 'api' state: RUNNING"),
                    WatchedDaemon(3, "name: 'old' state: HALTED"),
                    WatchedDaemon(3, "name: 'web' state: RUNNING"),
                    Parse<v1::WatchResponse>("sequence: 3 synced: true"),
                    Parse<v1::WatchResponse>("sequence: 20009 gap: 20006"),
                    WatchedDaemon(20009, "name: 'api' state: RUNNING"),
                    WatchedDaemon(20009, "name: 'web' state: BACKOFF reason: 'waits'"),
                    Parse<v1::WatchResponse>("sequence: 20009 synced: true")},
                   grpc::Status::OK);
  ExpectGolden("watch_gap", {"watch"});
}

TEST_F(RunTest, WatchSelectsByNameAndRejectsPatternsWithoutAMatch) {
  PutAll();
  server_.SetWatch({}, grpc::Status::OK);
  EXPECT_EQ(Hob({"watch", "w*", "api"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"watch", "nothing*"}).code, ExitCode::kNoSuchDaemon);
  EXPECT_THAT(server_.calls(), ElementsAre("Watch w* api"));
}

std::vector<v1::LogsResponse> Pieces() {
  return {Parse<v1::LogsResponse>("name: 'web' stream: STDOUT data: 'GET /\\n\\033[31mGET\\n' " +
                                  Ago("time", 60, 120)),
          Parse<v1::LogsResponse>("name: 'api' stream: STDERR data: 'bad\\n' missed: 2000 " +
                                  Ago("time", 59)),
          Parse<v1::LogsResponse>("name: 'web' stream: STDOUT data: 'incomplete'")};
}

TEST_F(RunTest, LogsOfOneDaemonAreItsRawBytes) {
  server_.Put(Web());
  server_.SetLogs({Pieces()[0], Pieces()[2]});
  EXPECT_EQ(Hob({"logs", "web"}).out, "GET /\n\x1b[31mGET\nincomplete");
  ExpectGolden("logs_terminal", {"logs", "-t", "web"}, kTerminal);
  ExpectGolden("logs_json", {"logs", "web", "-o", "json"});
}

TEST_F(RunTest, LogsOfSeveralDaemonsPrefixTheirNames) {
  PutAll();
  server_.SetLogs(Pieces());
  ExpectGolden("logs_pipe", {"logs", "web", "api"});
  ExpectGolden("logs_colour", {"logs", "web", "api"}, kColourTerminal);
}

TEST_F(RunTest, LogsPassesItsOptionsOn) {
  PutAll();
  EXPECT_EQ(Hob({"logs", "w*", "-f", "-n", "0", "--stream", "stderr"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"logs", "api", "--since", "1min"}).code, ExitCode::kDone);
  EXPECT_THAT(
      server_.calls(),
      ElementsAre("Logs names: \"w*\" stream: STDERR lines: 0 follow: true", "Status api",
                  absl::StrCat("Logs names: \"api\" since { seconds: ", kNowSeconds - 60, " }")));
}

TEST_F(RunTest, LogsRejectsMissingNamesAndMalformedTimes) {
  PutAll();
  EXPECT_EQ(Hob({"logs", "nothing*"}).code, ExitCode::kNoSuchDaemon);
  EXPECT_EQ(Hob({"logs"}).code, ExitCode::kUsage);
  EXPECT_EQ(Hob({"logs", "web", "-n", "-1"}).code, ExitCode::kUsage);
  ExpectGolden("usage_since", {"logs", "web", "--since", "yesterday"});
}

TEST_F(RunTest, StatusShowsAStalledLog) {
  v1::StatusResponse web = Web();
  web.mutable_daemon()->set_log_problem("log stalled: /var/log/hob/web.log: Is a directory");
  server_.Put(web);
  EXPECT_THAT(Hob({"status", "web"}).out,
              HasSubstr("log:         log stalled: /var/log/hob/web.log: Is a directory\n"));
}

TEST_F(RunTest, EveryVerbShowsAStalledLog) {
  using Health = grpc::health::v1::HealthCheckResponse;
  const std::string problem = "log stalled: /var/log/hob/web.log: No space left on device";
  v1::StatusResponse web = Web();
  web.mutable_daemon()->set_log_problem(problem);
  server_.Put(web);
  server_.SetHealth("", Health::SERVING);
  server_.SetHealth("web", Health::SERVING);
  EXPECT_THAT(Hob({"list"}).out, HasSubstr(problem + "; up and ready"));
  EXPECT_EQ(Hob({"health"}).out, "DEGRADED: log stalled: web\n");
  EXPECT_EQ(Hob({"health"}).code, kHealthDegraded);
  EXPECT_EQ(Hob({"health", "web"}).out, "DEGRADED: " + problem + "\n");
  EXPECT_EQ(Hob({"health", "web"}).code, kHealthDegraded);
  const std::string seen = "name: 'web' state: RUNNING reason: 'up and ready' ";
  server_.SetWatch({WatchedDaemon(1, seen), Parse<v1::WatchResponse>("sequence: 1 synced: true"),
                    WatchedDaemon(2, seen + "log_problem: '" + problem + "'", Ago("time", 2))},
                   grpc::Status::OK);
  EXPECT_THAT(Hob({"watch"}).out, HasSubstr(problem + "; up and ready\n"));
}

TEST_F(RunTest, StatusShowsASmallPipe) {
  EXPECT_THAT(Hob({"status", "web"}).out, Not(HasSubstr("pipe:")));
  v1::StatusResponse web = Web();
  web.set_small_pipe_bytes(8192);
  server_.Put(web);
  EXPECT_THAT(Hob({"status", "web"}).out,
              HasSubstr("pipe:        holds 8192 bytes only: raise sysctl "
                        "fs.pipe-user-pages-soft\n"));
}

TEST_F(RunTest, HealthExitsWithTheCodesOfProbes) {
  using Health = grpc::health::v1::HealthCheckResponse;
  server_.SetHealth("", Health::SERVING);
  EXPECT_EQ(Hob({"health"}).out, "SERVING: 0 daemons up\n");
  server_.Put(Web());
  EXPECT_EQ(Hob({"health"}).out, "SERVING: 1 daemon up\n");
  EXPECT_EQ(Hob({"health"}).code, ExitCode::kDone);
  PutAll();
  const Result degraded = Hob({"health"});
  EXPECT_EQ(degraded.out, "DEGRADED: 2 of 3 daemons not up: api is HALTED, worker-1 is BACKOFF\n");
  EXPECT_EQ(degraded.code, kHealthDegraded);
  EXPECT_EQ(Hob({"health", "-o", "json"}).out, "{\"status\":\"SERVING\"}\n");
  server_.Put(Exited("setup", 3));
  server_.Put(Exited("failed", 1));
  EXPECT_EQ(Hob({"health"}).out,
            "DEGRADED: 3 of 5 daemons not up: api is HALTED, failed is EXITED, worker-1 is "
            "BACKOFF\n");
  server_.SetHealth("", Health::NOT_SERVING);
  EXPECT_EQ(Hob({"health"}).out, "NOT SERVING\n");
  EXPECT_EQ(Hob({"health"}).code, kHealthNotServing);
}

TEST_F(RunTest, ACompletedDaemonIsHealthy) {
  using Health = grpc::health::v1::HealthCheckResponse;
  server_.SetHealth("", Health::SERVING);
  server_.SetHealth("setup", Health::NOT_SERVING);
  server_.Put(Web());
  server_.Put(Exited("setup", 0));
  EXPECT_EQ(Hob({"health"}).out, "SERVING: 1 daemon up, 1 completed\n");
  EXPECT_EQ(Hob({"health"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"health", "setup"}).out, "COMPLETED\n");
  EXPECT_EQ(Hob({"health", "setup"}).code, ExitCode::kDone);
  server_.Put(Exited("setup", 1));
  EXPECT_EQ(Hob({"health"}).code, kHealthDegraded);
  EXPECT_EQ(Hob({"health", "setup"}).code, kHealthNotServing);
}

TEST_F(RunTest, HealthOfOneDaemonIgnoresTheOthers) {
  using Health = grpc::health::v1::HealthCheckResponse;
  PutAll();
  server_.SetHealth("web", Health::SERVING);
  server_.SetHealth("api", Health::NOT_SERVING);
  EXPECT_EQ(Hob({"health", "web"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"health", "api"}).code, kHealthNotServing);
  const Result unknown = Hob({"health", "wbe"});
  EXPECT_EQ(unknown.code, kHealthUnknown);
  EXPECT_EQ(unknown.out, "");
  EXPECT_EQ(unknown.err, "hob: no daemon 'wbe'\n");
  EXPECT_EQ(Hob({"health", "--address", "unix:/nowhere/hob.sock"}).code, kHealthUnknown);
}

TEST_F(RunTest, SimulatePrintsTheTimeline) {
  variables_ = {{"HOB_ADDRESS", "unix:/nowhere/hob.sock"}};
  ExpectGolden("simulate", {"simulate", "--uptimes", "0.1,2,2,60"});
  ExpectGolden("simulate_backoff", {"simulate", "--max-retries", "5", "--retry-time", "10s",
                                    "--backoff", "1s", "--uptimes", "100ms 2 2 1min"});
  ExpectGolden("simulate_trials",
               {"simulate", "--uptimes", "1,1,7", "--max-retries=1", "--on-halt", "retry"});
  ExpectGolden("simulate_json", {"simulate", "--uptimes", "1,1", "--restart", "on-failure",
                                 "--max-retries", "2", "-o", "json"});
  ExpectGolden("simulate_exited",
               {"simulate", "--uptimes", "1,1", "--restart", "on-failure", "--exit-code", "0"});
}

TEST_F(RunTest, SimulateTakesADaemonsPolicyAndRuns) {
  v1::StatusResponse api = Halted();
  (*api.mutable_spec()->mutable_settings())["max_retries"] = "2";
  (*api.mutable_spec()->mutable_settings())["halt_retry"] = "10s";
  server_.Put(api);
  ExpectGolden("simulate_daemon", {"simulate", "--daemon", "api"});
  EXPECT_THAT(Hob({"simulate", "--daemon", "api", "--uptimes", "1,1", "--on-halt", "retry"}).out,
              HasSubstr("12s  RUNNING   trial start"));
  EXPECT_EQ(Hob({"simulate", "--daemon", "wbe"}).code, ExitCode::kNoSuchDaemon);
}

TEST_F(RunTest, SimulateRejectsBadArguments) {
  ExpectGolden("simulate_nothing", {"simulate"});
  ExpectGolden("simulate_duration", {"simulate", "--uptimes", "1,soon"});
  ExpectGolden("simulate_key", {"simulate", "--uptimes", "1", "--backoff-factor", "0.5"});
  EXPECT_EQ(Hob({"simulate", "--uptimes", "1", "--exit-code", "300"}).code, ExitCode::kUsage);
}

TEST_F(RunTest, CommandsPrintTheNewState) {
  PutAll();
  EXPECT_EQ(Hob({"start", "api"}).out, "api: RUNNING, pid 4242\n");
  EXPECT_EQ(Hob({"stop", "api"}).out, "api: STOPPED\n");
  EXPECT_EQ(Hob({"restart", "w*"}).out, "web: RUNNING, pid 4242\nworker-1: RUNNING, pid 4242\n");
}

TEST_F(RunTest, CommandsWaitForThirtySecondsUnlessToldOtherwise) {
  PutAll();
  Hob({"start", "web"});
  Hob({"stop", "web", "--timeout", "1min30s"});
  Hob({"restart", "web", "--no-wait"});
  EXPECT_THAT(server_.calls(),
              ElementsAre("Start web 30s", "Stop web 90s", "Status web", "Restart web no_wait"));
}

TEST_F(RunTest, CommandsCallAllDaemonsConcurrently) {
  PutAll();
  server_.HoldRestartsUntil(3);
  EXPECT_EQ(Hob({"restart", "--all"}).code, ExitCode::kDone);
  EXPECT_THAT(server_.calls(),
              UnorderedElementsAre("Restart api 30s", "Restart web 30s", "Restart worker-1 30s"));
}

TEST_F(RunTest, AFailureNamesItsDaemonAndSparesTheOthers) {
  PutAll();
  server_.Fail("Restart", "api", grpc::StatusCode::FAILED_PRECONDITION, "it did not come up");
  server_.Fail("Restart", "worker-1", grpc::StatusCode::DEADLINE_EXCEEDED,
               "worker-1: the restart goes on");
  ExpectGolden("restart_failures", {"restart", "--all"});
  EXPECT_EQ(Hob({"restart", "worker-1"}).code, ExitCode::kTimedOut);
}

TEST_F(RunTest, AFailedCommandPrintsNoJson) {
  PutAll();
  server_.Fail("Stop", "web", grpc::StatusCode::PERMISSION_DENIED, "this address only reads");
  const Result result = Hob({"stop", "web", "-o", "json"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "hob: web: this address only reads\n");
  EXPECT_EQ(result.code, ExitCode::kNoPermission);
}

TEST_F(RunTest, ProgressIsShownOnlyOnATerminal) {
  PutAll();
  const Result terminal = Hob({"restart", "--all"}, kTerminal);
  EXPECT_THAT(terminal.err, StartsWith("\r\x1b[K"));
  EXPECT_THAT(terminal.err, ::testing::EndsWith("\r\x1b[K"));
  EXPECT_EQ(Hob({"restart", "--all"}).err, "");
  EXPECT_EQ(Hob({"restart", "web"}, kTerminal).err, "");
}

TEST_F(RunTest, ANameWithoutAMatchPreventsAllCalls) {
  PutAll();
  const Result result = Hob({"stop", "web", "nothing*"});
  EXPECT_EQ(result.code, ExitCode::kNoSuchDaemon);
  EXPECT_EQ(result.err, "hob: no daemon matches 'nothing*'\n");
  EXPECT_THAT(server_.calls(), IsEmpty());
  ExpectGolden("stop_unknown", {"stop", "wbe"});
}

TEST_F(RunTest, CommandsNeedEitherNamesOrAll) {
  PutAll();
  ExpectGolden("stop_no_names", {"stop"});
  ExpectGolden("stop_all_and_names", {"stop", "--all", "web"});
  EXPECT_EQ(Hob({"signal", "HUP"}).code, ExitCode::kUsage);
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(RunTest, ADaemonMayHaveTheNameOfAVerb) {
  v1::StatusResponse daemon = Web();
  daemon.mutable_daemon()->set_name("list");
  server_.Put(daemon);
  EXPECT_THAT(Hob({"status", "list"}).out, StartsWith("list: RUNNING"));
}

TEST_F(RunTest, SignalPrintsItsTarget) {
  PutAll();
  EXPECT_EQ(Hob({"signal", "sighup", "web"}).out, "web: HUP sent to pid 812\n");
  EXPECT_EQ(Hob({"signal", "10", "web", "--tree"}).out,
            "web: USR1 sent to everything under pid 812\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Signal web sighup", "Signal web 10 all"));
}

TEST_F(RunTest, AnUnknownSignalIsAUsageError) {
  PutAll();
  ExpectGolden("signal_unknown", {"signal", "HUPP", "web"});
  EXPECT_THAT(server_.calls(), IsEmpty());
}

TEST_F(RunTest, ReloadPrintsThePlan) {
  const v1::ReloadResponse plan = Parse<v1::ReloadResponse>(
      "changes { name: 'api' action: RESTART keys: 'command' keys: 'environment' } "
      "changes { name: 'new' action: ADD } changes { name: 'old' action: REMOVE } "
      "changes { name: 'same' action: UNCHANGED } "
      "changes { name: 'web' action: UPDATE keys: 'max_retries' } "
      "generation: 4 server_keys: 'listen'");
  server_.SetReload(plan, plan);
  ExpectGolden("reload", {"reload"});
  ExpectGolden("reload_dry_run", {"reload", "--dry-run"});
  ExpectGolden("reload_json", {"reload", "-o", "json"});
}

TEST_F(RunTest, ReloadPrintsWarningsAndFailedStarts) {
  server_.SetReload(
      Parse<v1::ReloadResponse>(
          "changes { name: 'new' action: ADD state: STARTING "
          "  failure: \"'new' did not come up: exec: /bin/x: No such file or directory\" } "
          "changes { name: 'other' action: ADD state: RUNNING } "
          "changes { name: 'web' action: RESTART keys: 'command' state: RUNNING "
          "  failure: \"'web' was not restarted: exec: /bin/sleeep: No such file or directory; "
          "it is still running with its former configuration\" } "
          "warnings { file: '/etc/hob/hob.ini' line: 3 message: \"web: the program '/bin/sleeep' "
          "cannot be found: No such file or directory\" } "
          "warnings { file: '/etc/hob/x.ini' message: 'skipped' } generation: 4"),
      Parse<v1::ReloadResponse>(
          "changes { name: 'web' action: RESTART keys: 'command' } generation: 3 "
          "warnings { file: '/etc/hob/x.ini' message: 'skipped' }"));
  ExpectGolden("reload_failures", {"reload"});
  ExpectGolden("reload_dry_run_warnings", {"reload", "--dry-run"});
  EXPECT_EQ(Hob({"reload", "-o", "json"}).code, ExitCode::kFailed);
}

TEST_F(RunTest, ReloadOfAnInvalidConfigurationPrintsEveryError) {
  server_.Fail("Reload", "", grpc::StatusCode::INVALID_ARGUMENT, "2 errors; the first: ...");
  server_.SetReload({}, Parse<v1::ReloadResponse>(
                            "errors { file: '/etc/hob/hob.ini' line: 3 message: 'unknown key' } "
                            "errors { file: '/etc/hob/x.ini' message: 'not UTF-8' } "));
  ExpectGolden("reload_errors", {"reload"});
  EXPECT_EQ(Hob({"reload", "--dry-run"}).code, ExitCode::kFailed);
}

TEST_F(RunTest, CheckPrintsOkOrThePlaceOfTheError) {
  const std::string good = directory_ + "/good.ini";
  const std::string bad = directory_ + "/bad.ini";
  std::ofstream(good) << "[os_daemons]\nweb = /bin/sleep 9\n";
  std::ofstream(bad) << "[daemon:web]\ncommand = relative\n";
  variables_["HOB_ADDRESS"] = "unix:/nowhere/hob.sock";
  EXPECT_EQ(Hob({"check", good}).out, "ok: 1 daemon\n");
  EXPECT_EQ(Hob({"check", good, "-o", "json"}).out,
            "{\"errors\":[],\"warnings\":[],\"daemons\":1}\n");
  const Result wrong = Hob({"check", bad});
  EXPECT_EQ(wrong.code, ExitCode::kFailed);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err, StartsWith("DIRECTORY/bad.ini:2: "));
  const Result json = Hob({"check", bad, "-o", "json"});
  EXPECT_EQ(json.code, ExitCode::kFailed);
  EXPECT_THAT(json.out, StartsWith("{\"errors\":[{\"file\":\"DIRECTORY/bad.ini\",\"line\":2,"));
  unlink(good.c_str());
  unlink(bad.c_str());
}

TEST_F(RunTest, KeysListsEveryKeyAndNeedsNoServer) {
  variables_ = {{"HOB_ADDRESS", "unix:/nowhere/hob.sock"}};
  const Result table = Hob({"keys"});
  EXPECT_EQ(table.code, ExitCode::kDone);
  EXPECT_EQ(table.err, "");
  const Result json = Hob({"keys", "-o", "json"});
  const auto keys = DescribeKeys(CurrentPaths());
  EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), keys.size());
  for (const KeyDescription& key : keys) {
    EXPECT_THAT(table.out, ContainsRegex(absl::StrCat("\n  ", key.name, "  +[^ ][^\n]*  (yes|no) +",
                                                      key.help.substr(0, 10))));
    EXPECT_THAT(json.out, HasSubstr(absl::StrCat("{\"name\":\"", key.name, "\",\"sections\":[")));
    EXPECT_THAT(Hob({"keys", key.name}).out,
                StartsWith(absl::StrCat(key.name, ": ", key.help, "\n")));
  }
}

TEST_F(RunTest, KeysDescribesKeysInFull) {
  ExpectGolden("keys", {"keys", "umask", "max_retries", "socket_mode"});
  ExpectGolden("keys_json", {"keys", "-o", "json", "umask", "command", "socket_mode"});
}

TEST_F(RunTest, AnUnknownKeyIsAUsageErrorThatNamesTheNearest) {
  ExpectGolden("keys_unknown", {"keys", "umask", "max_retrys"});
  ExpectGolden("keys_unlike", {"keys", "frob\x1bnicate", "-o", "json"});
}

TEST_F(RunTest, GlobalOptionsMayStandAnywhere) {
  variables_.clear();
  PutAll();
  for (const Arguments& arguments :
       {Arguments{"--address", Socket(), "-ojson", "status", "web"},
        Arguments{"status", "--address=" + Socket(), "web", "-o", "json"},
        Arguments{"-o", "json", "status", "web", "--address", Socket()},
        Arguments{"status", "web", "--output=json", "--address", Socket()}}) {
    const Result result = Hob(arguments);
    EXPECT_THAT(result.out, StartsWith("{\"daemon\":{\"name\":\"web\"")) << result.err;
  }
}

TEST_F(RunTest, HelpIsPrintedWhenAskedFor) {
  ExpectGolden("help", {"--help"});
  ExpectGolden("help_restart", {"restart", "--help"});
  EXPECT_EQ(Hob({"-h"}).out, Hob({"--help"}).out);
}

TEST_F(RunTest, NoArgumentsAreAUsageErrorThatPrintsTheHelp) {
  const Result result = Hob({});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, Hob({"--help"}).out);
}

TEST_F(RunTest, UsageErrorsSuggestACorrection) {
  ExpectGolden("usage_verb", {"lsit"});
  ExpectGolden("usage_verb_unlike", {"frob\x1bnicate", "web"});
  ExpectGolden("usage_option", {"list", "--frob", "web"});
  ExpectGolden("usage_option_near", {"list", "--adress=unix:/run/hob.sock"});
  ExpectGolden("usage_argument", {"info", "web"});
  ExpectGolden("usage_no_verb", {"-o", "json"});
  ExpectGolden("usage_output", {"-o", "xml", "list"});
  ExpectGolden("usage_address", {"--address", "/run/hob/hob.sock", "list"});
  ExpectGolden("usage_timeout", {"start", "web", "--timeout", "soon"});
  ExpectGolden("usage_timeout_zero", {"start", "web", "--timeout", "0"});
  ExpectGolden("usage_wait", {"start", "web", "--timeout", "5", "--no-wait"});
  ExpectGolden("usage_shell", {"completion", "tcsh"});
}

TEST_F(RunTest, AMissingSocketIsReportedWithItsAddressAndReason) {
  ExpectGolden("no_socket", {"list", "--address", "unix:" + directory_ + "/none/hob.sock"});
  variables_ = {{"XDG_RUNTIME_DIR", directory_ + "/none"}};
  const Result defaults = Hob({"list"});
  EXPECT_EQ(defaults.code, ExitCode::kUnreachable);
  EXPECT_THAT(defaults.err,
              HasSubstr("unix:DIRECTORY/none/hob/hob.sock (No such file or directory) "
                        "or unix:/run/hob/hob.sock ("));
}

TEST_F(RunTest, ASocketWithoutAServerIsDistinguishedFromAMissingOne) {
  const std::string path = directory_ + "/stale.sock";
  { std::ofstream file(path); }
  ExpectGolden("no_server", {"list", "--address", "unix:" + path});
  unlink(path.c_str());
}

TEST_F(RunTest, AForbiddenSocketIsNoPermission) {
  const std::string path = directory_ + "/hob.sock";
  chmod(path.c_str(), 0);
  if (access(path.c_str(), W_OK) == 0) GTEST_SKIP() << "root may use every socket";
  const Result result = Hob({"list"});
  EXPECT_EQ(result.code, ExitCode::kNoPermission);
  EXPECT_THAT(result.err, HasSubstr("you may not use this socket"));
}

// A socket that hangs up on its first `refused` callers, as a server short of descriptors or time
// does; then the server at `path` takes over.
class RefusingSocket {
 public:
  RefusingSocket(const std::string& path, const std::string& behind, int refused)
      : path_(path), behind_(behind), left_(refused) {
    EXPECT_EQ(rename(path.c_str(), behind.c_str()), 0);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof(name.sun_path) - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    EXPECT_EQ(listen(socket_, 10), 0);
    thread_ = std::thread([this] { Loop(); });
  }
  ~RefusingSocket() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
    if (left_ > 0) rename(behind_.c_str(), path_.c_str());
  }

  int callers() const { return callers_; }

 private:
  void Loop() {
    while (left_ > 0) {
      const int caller = accept(socket_, nullptr, nullptr);
      if (caller < 0) return;
      ++callers_;
      // The next caller reaches the server.
      if (--left_ == 0) rename(behind_.c_str(), path_.c_str());
      close(caller);
    }
  }

  const std::string path_;
  const std::string behind_;
  int socket_ = -1;
  std::atomic<int> left_;
  std::atomic<int> callers_ = 0;
  std::thread thread_;
};

TEST_F(RunTest, AConnectionThatBreaksBeforeAnyAnswerIsReopened) {
  PutAll();
  server_.SetWatch({}, grpc::Status::OK);
  for (const Arguments& arguments : {Arguments{"list"},
                                     {"status", "web"},
                                     {"info"},
                                     {"restart", "web"},
                                     {"stop", "w*"},
                                     {"signal", "HUP", "api"},
                                     {"hold", "web", "--reason", "x"},
                                     {"release", "api"},
                                     {"reload"},
                                     {"logs", "web"},
                                     {"watch"}}) {
    RefusingSocket refusing(directory_ + "/hob.sock", directory_ + "/behind.sock", 3);
    const Result result = Hob(arguments);
    EXPECT_EQ(result.code, ExitCode::kDone) << arguments[0] << ": " << result.err;
    EXPECT_EQ(refusing.callers(), 3);
  }
  EXPECT_THAT(server_.calls(), ::testing::Contains("Restart web 30s").Times(1));
  EXPECT_THAT(server_.calls(), ::testing::Contains("Stop web 30s").Times(1));
  EXPECT_THAT(server_.calls(), ::testing::Contains("Signal api HUP").Times(1));
  EXPECT_THAT(server_.calls(), ::testing::Contains("Hold web 'x'").Times(1));
  EXPECT_THAT(server_.calls(), ::testing::Contains("Release api").Times(1));
}

TEST_F(RunTest, ACommandIsNotRepeatedWhenItsConnectionBreaks) {
  PutAll();
  server_.BreakOff("Restart");
  const Result result = Hob({"restart", "web"});
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_THAT(result.err,
              HasSubstr("it may have done what it was asked for: see 'hob status web'"));
  EXPECT_THAT(server_.calls(), ElementsAre("Restart web 30s"));
}

TEST_F(RunTest, ACallThatTheServerCancelsIsNotTheUsersCancellation) {
  server_.SetWatch({}, grpc::Status(grpc::StatusCode::CANCELLED, "CANCELLED"));
  const Result result = Hob({"watch"});
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_EQ(result.err, "hob: the server ended the call before its answer: it is shutting down\n");
}

TEST_F(RunTest, AServerThatIsShuttingDownIsUnreachable) {
  server_.Fail("List", "", grpc::StatusCode::UNAVAILABLE, "the server is shutting down");
  const Result result = Hob({"list"});
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_EQ(result.err, "hob: the server is shutting down\n");
}

TEST_F(RunTest, OutputThatCannotBeWrittenIsAFailure) {
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  int error = ENOSPC;
  Environment environment;
  environment.out = &out;
  environment.out_error = [&error] { return error; };
  environment.err = &err;
  EXPECT_EQ(client::Run({"version"}, environment), ExitCode::kFailed);
  EXPECT_EQ(err.str(), "hob: cannot write the output: No space left on device\n");
  err.str("");
  error = EPIPE;
  EXPECT_EQ(client::Run({"version"}, environment), ExitCode::kFailed);
  EXPECT_EQ(err.str(), "");
}

TEST_F(RunTest, TheProcessEndsOnceAllOutputIsWritten) {
  std::ostringstream out;
  std::string written;
  ExitCode code = ExitCode::kFailed;
  Environment environment;
  environment.out = &out;
  environment.exit = [&](ExitCode its_code) {
    written = out.str();
    code = its_code;
  };
  EXPECT_EQ(client::Run({"version"}, environment), ExitCode::kDone);
  EXPECT_EQ(written, "hob 0.1.0\n");
  EXPECT_EQ(code, ExitCode::kDone);
}

TEST_F(RunTest, VersionNeedsNoServer) {
  variables_.clear();
  EXPECT_EQ(Hob({"version"}).out, "hob 0.1.0\n");
  EXPECT_EQ(Hob({"version", "-o", "json"}).out, "{\"version\":\"0.1.0\"}\n");
}

}  // namespace
}  // namespace client
}  // namespace hob
