// Runs the verbs on sets of instances, and the restart that rolls them, against a FakeSupervisor.
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/run_test_env.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr char kGoesOn[] = "the roll goes on in the server; 'hob watch worker' follows it\n";

std::string WorkerName(int number) { return absl::StrCat("worker@", number); }

// Returns the text of an instance of `worker`; `fields` are further fields.
std::string WorkerText(int number, const std::string& fields) {
  return absl::StrCat("name: '", WorkerName(number), "' instance_of: 'worker' instance: ", number,
                      " ", fields);
}

// Returns an instance of `worker`, RUNNING.
v1::StatusResponse Worker(int number, const std::string& fields = "") {
  return Parse<v1::StatusResponse>(absl::StrCat(
      "daemon { ",
      WorkerText(number, "state: RUNNING wanted: true ready: true reason: 'up and ready' "),
      "pid: ", 100 + number, " ", Ago("start_time", 303), " ", fields,
      " } spec { command: '/opt/worker' }"));
}

v1::StatusResponse Held(v1::StatusResponse status) {
  *status.mutable_daemon()->mutable_hold() =
      Parse<v1::Hold>("owner: 'alice (uid 1001)' reason: 'disk swap'");
  return status;
}

v1::RollResponse Step(const std::string& step, const std::string& daemon, int done, int total) {
  return Parse<v1::RollResponse>(absl::StrCat("step: ", step, " daemon { ", daemon,
                                              " } done_count: ", done, " total_count: ", total));
}

v1::RollResponse Begun(int number, int done, int total) {
  return Step("BEGUN", WorkerText(number, "state: STOPPING"), done, total);
}

v1::RollResponse Done(int number, int done, int total) {
  return Step("DONE", WorkerText(number, absl::StrCat("state: RUNNING pid: ", 200 + number)), done,
              total);
}

v1::RollResponse Skipped(int number, const std::string& fields) {
  return Step("SKIPPED", WorkerText(number, fields), 0, 1);
}

// Returns the failure that ends a roll; like those of the server it has details.
grpc::Status Failure(grpc::StatusCode code, const std::string& message) {
  return grpc::Status(code, message, "details");
}

class RollTest : public RunTest {
 protected:
  // Puts worker@1 to worker@`count`, and lets rolls of the set and of each instance succeed.
  void PutWorkers(int count) {
    std::vector<v1::RollResponse> roll;
    for (int number = 1; number <= count; ++number) {
      server_.Put(Worker(number));
      server_.SetRoll(WorkerName(number), {Begun(number, 0, 1), Done(number, 1, 1)});
      roll.push_back(Begun(number, number - 1, count));
      roll.push_back(Done(number, number, count));
    }
    server_.SetRoll("worker", roll);
  }

  // Runs the command and interrupts it when it has begun an endless roll.
  Result HobWithInterrupt(const std::vector<std::string>& arguments) {
    std::thread user([this] {
      server_.AwaitEndlessRolls(1);
      kill(getpid(), SIGINT);
    });
    const Result result = Hob(arguments);
    user.join();
    return result;
  }
};

TEST_F(RollTest, TheNameOfASetMeansItsInstances) {
  PutAll();
  PutWorkers(10);
  EXPECT_EQ(Hob({"list", "-q", "worker@1*"}).out, "worker@1\nworker@10\n");
  EXPECT_EQ(Hob({"list", "-q", "work?r"}).out, Hob({"list", "-q", "worker"}).out);
  EXPECT_EQ(Hob({"list", "-q", "worker"}).out,
            "worker@1\nworker@2\nworker@3\nworker@4\nworker@5\nworker@6\nworker@7\nworker@8\n"
            "worker@9\nworker@10\n");
  EXPECT_THAT(Hob({"status", "worker"}).out, HasSubstr("\n\nworker@10: RUNNING\n"));
  EXPECT_EQ(Hob({"explain", "worker", "worker@2"}).code, ExitCode::kDone);
  EXPECT_EQ(Hob({"signal", "HUP", "worker@9", "worker@1*"}).out,
            "worker@9: HUP sent to pid 109\nworker@1: HUP sent to pid 101\n"
            "worker@10: HUP sent to pid 110\n");
  EXPECT_EQ(Hob({"stop", "worker@11"}).code, ExitCode::kNoSuchDaemon);
}

TEST_F(RollTest, FollowersTakeTheNameOfASet) {
  PutWorkers(2);
  server_.SetWatch({}, grpc::Status::OK);
  EXPECT_EQ(Hob({"watch", "worker"}).code, ExitCode::kDone);
  server_.SetLogs({Parse<v1::LogsResponse>("name: 'worker@2' stream: STDOUT data: 'x\\n'")});
  EXPECT_EQ(Hob({"logs", "worker"}).out, "worker@2 | x\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Watch worker", "Logs names: \"worker\""));
}

TEST_F(RollTest, LogsNameTheSectionOfASet) {
  v1::StatusResponse worker = Worker(1);
  (*worker.mutable_spec()->mutable_settings())["stdout"] = "null";
  (*worker.mutable_spec()->mutable_settings())["stderr"] = "log";
  server_.Put(worker);
  EXPECT_EQ(Hob({"logs", "worker@1"}).err,
            "hob: worker@1: its stdout is not kept: stdout = null in [daemon:worker]; this is its "
            "stderr\n");
}

TEST_F(RollTest, HealthOfASetIsTheServersAnswer) {
  using Health = grpc::health::v1::HealthCheckResponse;
  server_.Put(Worker(1));
  server_.Put(Worker(2, "log_problem: 'log stalled: worker@2.log'"));
  server_.SetHealth("worker", Health::SERVING);
  server_.SetHealth("worker@1", Health::NOT_SERVING);
  EXPECT_EQ(Hob({"health", "worker@1"}).out, "NOT SERVING\n");
  EXPECT_EQ(Hob({"health", "worker"}).out, "DEGRADED: log stalled: worker@2.log\n");
  server_.Put(Worker(2));
  EXPECT_EQ(Hob({"health", "worker"}).out, "SERVING\n");
  server_.SetHealth("worker", Health::NOT_SERVING);
  EXPECT_EQ(Hob({"health", "worker"}).code, kHealthNotServing);
}

TEST_F(RollTest, GraphSortsInstancesByNumber) {
  v1::StatusResponse web = Web();
  for (const int number : {2, 10}) {
    v1::StatusResponse worker = Worker(number);
    *worker.add_dependencies() = Parse<v1::Dependency>("daemon: 'web' condition: READY met: true");
    server_.Put(worker);
    web.add_dependents(WorkerName(number));
  }
  server_.Put(web);
  EXPECT_EQ(
      Hob({"graph"}).out,
      "worker@2  RUNNING\n  web: ready  RUNNING\nworker@10  RUNNING\n  web: ready  RUNNING\n");
}

TEST_F(RollTest, ASetIsRolledByOneCall) {
  PutWorkers(3);
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"worker"}, {"w*"}, {"--all"}, {"worker@3", "worker@1", "worker@2"}}) {
    std::vector<std::string> arguments = {"restart"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    const Result result = Hob(arguments);
    EXPECT_EQ(result.out,
              "worker@1: RUNNING, pid 201\nworker@2: RUNNING, pid 202\n"
              "worker@3: RUNNING, pid 203\n");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.code, ExitCode::kDone);
  }
  Hob({"restart", "worker", "--reason", "new disk"});
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker", "Roll worker", "Roll worker",
                                           "Roll worker", "Roll worker 'new disk'"));
}

TEST_F(RollTest, PartOfASetIsRolledByOneCallForEachInstance) {
  PutWorkers(10);
  EXPECT_EQ(Hob({"restart", "worker@10", "worker@2", "worker@9"}).out,
            "worker@2: RUNNING, pid 202\nworker@9: RUNNING, pid 209\n"
            "worker@10: RUNNING, pid 210\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker@2", "Roll worker@9", "Roll worker@10"));
}

TEST_F(RollTest, OneInstanceIsRestarted) {
  PutWorkers(2);
  EXPECT_EQ(Hob({"restart", "worker@2"}).out, "worker@2: RUNNING, pid 4242\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Restart worker@2 30s"));
}

TEST_F(RollTest, AtOnceDoesNotRoll) {
  PutWorkers(2);
  EXPECT_EQ(Hob({"restart", "worker", "--at-once"}).out,
            "worker@1: RUNNING, pid 4242\nworker@2: RUNNING, pid 4242\n");
  EXPECT_THAT(server_.calls(),
              UnorderedElementsAre("Restart worker@1 30s", "Restart worker@2 30s"));
  EXPECT_EQ(Hob({"start", "worker", "--at-once"}).code, ExitCode::kUsage);
}

TEST_F(RollTest, SetsAndSinglesAreRestartedTogether) {
  PutWorkers(2);
  server_.Put(Web());
  for (const char* name : {"mail@1", "mail@2"}) {
    server_.Put(Parse<v1::StatusResponse>(
        absl::StrCat("daemon { name: '", name, "' instance_of: 'mail' state: RUNNING }")));
  }
  server_.SetEndlessRoll("mail", {});
  server_.SetEndlessRoll("worker", {});
  const std::vector<std::string> calls = {"Restart web 30s", "Roll mail", "Roll worker"};
  std::thread user([&] {
    while (server_.calls().size() < calls.size()) absl::SleepFor(absl::Milliseconds(1));
    server_.AwaitEndlessRolls(2);
    kill(getpid(), SIGINT);
  });
  EXPECT_EQ(Hob({"restart", "--all"}).code, ExitCode::kTimedOut);
  user.join();
  EXPECT_THAT(server_.calls(), UnorderedElementsAreArray(calls));
}

TEST_F(RollTest, AnInterruptEndsTheWaitAndNotTheRoll) {
  PutWorkers(2);
  server_.SetEndlessRoll("worker", {Begun(1, 0, 2)});
  const Result result = HobWithInterrupt({"restart", "worker"});
  EXPECT_EQ(result.err, absl::StrCat("hob: worker: ", kGoesOn));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.code, ExitCode::kTimedOut);
}

TEST_F(RollTest, AnInterruptNamesTheInstancesThatAreNotReached) {
  PutWorkers(4);
  server_.SetEndlessRoll("worker@1", {Begun(1, 0, 1)});
  EXPECT_EQ(HobWithInterrupt({"restart", "worker@[123]"}).err,
            "hob: worker@1: the roll goes on in the server; 'hob watch worker@1' follows it\n"
            "hob: worker: not reached and left unchanged: worker@2, worker@3\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker@1"));
}

TEST_F(RollTest, AnInterruptEndsTheWaitForSingles) {
  PutWorkers(2);
  server_.Put(Web());
  server_.HoldRestartsUntil(2);
  server_.SetEndlessRoll("worker", {});
  EXPECT_THAT(HobWithInterrupt({"restart", "--all"}).err,
              HasSubstr("hob: web: the restart goes on in the server\n"));
}

TEST_F(RollTest, OnlyATimeoutEndsTheWait) {
  PutWorkers(2);
  server_.SetEndlessRoll("worker", {});
  const Result result = Hob({"restart", "worker", "--timeout", "50ms"});
  EXPECT_EQ(result.err, absl::StrCat("hob: worker: not done in time; ", kGoesOn));
  EXPECT_EQ(result.code, ExitCode::kTimedOut);
}

TEST_F(RollTest, NoWaitReturnsOnceTheRollIsUnderWay) {
  PutWorkers(2);
  server_.SetEndlessRoll("worker", {Begun(1, 0, 2)});
  const Result result = Hob({"restart", "worker", "--no-wait"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, absl::StrCat("hob: worker: ", kGoesOn));
  EXPECT_EQ(result.code, ExitCode::kDone);
  server_.SetRoll("worker", {Step("FAILED", WorkerText(1, "state: HALTED"), 0, 2)},
                  Failure(grpc::StatusCode::FAILED_PRECONDITION, "worker@1 did not come up"));
  EXPECT_EQ(Hob({"restart", "worker", "--no-wait"}).err,
            "hob: worker: worker@1 did not come up\n"
            "hob: worker: not reached and left unchanged: worker@2\n");
}

TEST_F(RollTest, NoWaitNeedsTheWholeSet) {
  PutWorkers(3);
  ExpectGolden("roll_no_wait", {"restart", "worker@1", "worker@2", "--no-wait"});
  EXPECT_THAT(server_.calls(), IsEmpty());
  Hob({"restart", "worker@1", "worker@2", "--no-wait", "--at-once"});
  EXPECT_THAT(server_.calls(),
              UnorderedElementsAre("Restart worker@1 no_wait", "Restart worker@2 no_wait"));
}

TEST_F(RollTest, AFailedRollNamesTheInstancesThatAreNotReached) {
  PutWorkers(4);
  server_.SetRoll("worker",
                  {Begun(1, 0, 4), Done(1, 1, 4), Begun(2, 1, 4),
                   Step("FAILED", WorkerText(2, "state: HALTED"), 1, 4)},
                  Failure(grpc::StatusCode::FAILED_PRECONDITION,
                          "the roll of 'worker' ended: 'worker@2' did not come up: exit code 1"));
  ExpectGolden("roll_failed", {"restart", "worker"});
}

TEST_F(RollTest, AFailureEndsTheRollOfAPart) {
  PutWorkers(4);
  server_.SetRoll("worker@2",
                  {Begun(2, 0, 1), Step("FAILED", WorkerText(2, "state: HALTED"), 0, 1)},
                  Failure(grpc::StatusCode::FAILED_PRECONDITION, "worker@2: exit code 1"));
  const Result result = Hob({"restart", "worker@[123]"});
  EXPECT_EQ(result.out, "worker@1: RUNNING, pid 201\n");
  EXPECT_EQ(result.err,
            "hob: worker@2: exit code 1\nhob: worker: not reached and left unchanged: worker@3\n");
  EXPECT_EQ(result.code, ExitCode::kFailed);
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker@1", "Roll worker@2"));
}

TEST_F(RollTest, AnOvertakenRollFails) {
  PutWorkers(2);
  server_.SetRoll("worker", {Begun(1, 0, 2), Done(1, 1, 2), Begun(2, 1, 2)},
                  Failure(grpc::StatusCode::ABORTED, "a later roll by bob (uid 1002) ended it"));
  const Result result = Hob({"restart", "worker"});
  EXPECT_EQ(result.err, "hob: worker: a later roll by bob (uid 1002) ended it\n");
  EXPECT_EQ(result.code, ExitCode::kFailed);
}

TEST_F(RollTest, ALostServerMayHaveReachedEveryInstance) {
  PutWorkers(2);
  server_.BreakOff("Roll");
  const Result result = Hob({"restart", "worker"});
  EXPECT_EQ(result.err,
            "hob: worker: the server broke off the connection (Socket closed); it may have done "
            "what it was asked for: see 'hob status worker'\n");
  EXPECT_EQ(result.code, ExitCode::kUnreachable);
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker"));
}

TEST_F(RollTest, SkippedInstancesAreNamedWithTheReason) {
  PutWorkers(6);
  server_.SetRoll("worker", {Skipped(1, "state: STOPPED reason: 'stopped by alice (uid 1001)'"),
                             Skipped(2, "state: EXITED"), Step("SKIPPED", "name: 'worker@3'", 0, 3),
                             Skipped(4, "state: STARTING"),
                             Skipped(5,
                                     "state: RUNNING hold { owner: 'bob (uid 1002)' "
                                     "reason: 'debugging' }"),
                             Begun(6, 0, 1), Done(6, 1, 1)});
  ExpectGolden("roll_skipped", {"restart", "worker"});
}

TEST_F(RollTest, HeldInstancesArePassedOverAndNamedOnce) {
  PutWorkers(2);
  server_.Put(Held(Worker(3)));
  server_.SetRoll("worker", {Skipped(3,
                                     "state: RUNNING hold { owner: 'alice (uid 1001)' "
                                     "reason: 'disk swap' }"),
                             Done(1, 1, 2), Done(2, 2, 2)});
  const Result result = Hob({"restart", "worker"});
  EXPECT_EQ(result.out, "worker@1: RUNNING, pid 201\nworker@2: RUNNING, pid 202\n");
  EXPECT_EQ(
      result.err,
      "hob: worker@3: passed over, held by alice (uid 1001): disk swap; --held includes it\n");
  EXPECT_THAT(server_.calls(), ElementsAre("Roll worker"));
}

TEST_F(RollTest, HeldInstancesAreRestartedAfterTheRoll) {
  PutWorkers(2);
  server_.Put(Held(Worker(3)));
  const std::string out =
      "worker@1: RUNNING, pid 201\nworker@2: RUNNING, pid 202\n"
      "worker@3: RUNNING, pid 4242; held by alice (uid 1001): disk swap\n";
  EXPECT_EQ(Hob({"restart", "worker", "--held"}).out, out);
  EXPECT_EQ(Hob({"restart", "worker", "worker@3", "--timeout", "1min"}).out, out);
  server_.SetRoll("worker", {}, Failure(grpc::StatusCode::FAILED_PRECONDITION, "blocked"));
  EXPECT_EQ(Hob({"restart", "worker", "--held"}).err,
            "hob: worker: blocked\n"
            "hob: worker: not reached and left unchanged: worker@1, worker@2, worker@3\n");
  EXPECT_THAT(server_.calls(),
              ElementsAre("Roll worker", "Restart worker@3 30s", "Roll worker",
                          ::testing::MatchesRegex("Restart worker@3 (60|59|5.)s"), "Roll worker"));
}

TEST_F(RollTest, HeldInstancesAreRestartedOneAfterTheOther) {
  for (const int number : {1, 2}) server_.Put(Held(Worker(number)));
  server_.Fail("Restart", "worker@1", grpc::StatusCode::FAILED_PRECONDITION, "it did not come up");
  const Result result = Hob({"restart", "worker", "--held"});
  EXPECT_EQ(result.err,
            "hob: worker@1: it did not come up\n"
            "hob: worker: not reached and left unchanged: worker@2\n");
  EXPECT_EQ(result.code, ExitCode::kFailed);
}

TEST_F(RollTest, RollsPrintEachStepAsJson) {
  PutWorkers(2);
  server_.Put(Web());
  ExpectGolden("roll_json", {"restart", "worker", "-o", "json"});
  EXPECT_THAT(Hob({"restart", "--all", "-o", "json"}).out,
              HasSubstr("{\"daemon\":{\"name\":\"web\""));
}

TEST_F(RollTest, ATerminalShowsTheProgress) {
  PutWorkers(2);
  server_.Put(Held(Worker(3)));
  ExpectGolden("roll_terminal", {"restart", "worker", "--held"}, kTerminal);
  ExpectGolden("roll_part_terminal", {"restart", "worker@1", "worker@3"}, kTerminal);
}

TEST_F(RollTest, StatusAndExplainShowAnOutdatedInstance) {
  v1::StatusResponse worker = Worker(2, "running_generation: 3 config_generation: 4");
  worker.add_outdated_keys("command");
  worker.add_outdated_keys("environment");
  server_.Put(worker);
  ExpectGolden("status_outdated", {"status", "worker@2"});
  ExpectGolden("explain_outdated", {"explain", "worker"});
  ExpectGolden("list_outdated", {"list"});
  server_.Put(Worker(2, "running_generation: 4 config_generation: 4"));
  EXPECT_THAT(Hob({"status", "worker@2"}).out, Not(HasSubstr("outdated")));
}

TEST_F(RollTest, ExplainShowsTheAgeOfARoll) {
  v1::StatusResponse worker = Worker(
      1, absl::StrCat("last_command { method: 'Roll' caller: 'alice' ", Ago("time", 180), " }"));
  worker.mutable_daemon()->set_reason("replaced by a roll by alice: new disk");
  server_.Put(worker);
  EXPECT_THAT(Hob({"explain", "worker@1"}).out,
              HasSubstr("why: replaced by a roll by alice 3m ago: new disk\n"));
}

TEST_F(RollTest, ReloadNamesTheRollsThatGoOn) {
  const v1::ReloadResponse plan = Parse<v1::ReloadResponse>(
      "changes { name: 'mail@1' action: ROLL keys: 'command' held: true state: RUNNING } "
      "changes { name: 'web' action: UNCHANGED } "
      "changes { name: 'worker@1' action: ROLL keys: 'command' state: RUNNING } "
      "changes { name: 'worker@2' action: ROLL keys: 'command' state: RUNNING } "
      "changes { name: 'worker@3' action: ROLL keys: 'command' held: true state: RUNNING } "
      "generation: 4");
  server_.SetReload(plan, plan);
  ExpectGolden("reload_roll", {"reload"});
  ExpectGolden("reload_dry_run_roll", {"reload", "--dry-run"});
}

TEST_F(RollTest, SimulateNeedsOneDaemon) {
  PutWorkers(2);
  EXPECT_EQ(Hob({"simulate", "--daemon", "worker"}).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace client
}  // namespace hob
