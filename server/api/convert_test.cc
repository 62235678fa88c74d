#include "server/api/convert.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1767268800) + absl::Milliseconds(120);

Timestamp At(absl::Time wall) { return {MonotonicTime::FromOrigin(absl::Seconds(1)), wall}; }

ExitReport Exit(EndOfProcess end) {
  ExitReport exit;
  exit.end = std::move(end);
  exit.time = At(kNoon);
  return exit;
}

DaemonSnapshot Web() {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = "web";
  DaemonSnapshot snapshot;
  snapshot.spec = spec;
  snapshot.runs = std::make_shared<const EndedRuns>();
  return snapshot;
}

DaemonSnapshot WebThatEnded(EndOfProcess end) {
  DaemonSnapshot snapshot = Web();
  EndedRun run;
  run.pid = 7;
  run.start_time = kNoon - absl::Seconds(5);
  run.exit = Exit(std::move(end));
  snapshot.runs = std::make_shared<const EndedRuns>(run, EndedRuns());
  return snapshot;
}

v1::Daemon Converted(const DaemonSnapshot& snapshot) {
  v1::Daemon daemon;
  ToProto(snapshot, daemon);
  return daemon;
}

TEST(ConvertTest, ConvertsEachStateByName) {
  for (DaemonState state : kAllDaemonStates) {
    EXPECT_EQ(v1::Daemon::State_Name(ToProto(state)), DaemonStateName(state));
  }
}

TEST(ConvertTest, DaemonThatNeverRanHasNoTimes) {
  const v1::Daemon daemon = Converted(Web());
  EXPECT_EQ(daemon.name(), "web");
  EXPECT_EQ(daemon.state(), v1::Daemon::STOPPED);
  EXPECT_FALSE(daemon.wanted());
  EXPECT_EQ(daemon.pid(), 0);
  EXPECT_FALSE(daemon.has_start_time());
  EXPECT_FALSE(daemon.has_ready_time());
  EXPECT_FALSE(daemon.has_next_start_time());
  EXPECT_FALSE(daemon.has_last_exit());
  EXPECT_FALSE(daemon.has_throttle());
}

TEST(ConvertTest, ConvertsAHold) {
  DaemonSnapshot snapshot = Web();
  snapshot.state = DaemonState::kWaiting;
  snapshot.awaits_release = true;
  snapshot.hold = std::make_shared<const Hold>(
      Hold{"alice", "disk swap", absl::FromUnixSeconds(100), absl::FromUnixSeconds(200)});
  const v1::Daemon daemon = Converted(snapshot);
  EXPECT_EQ(daemon.hold().owner(), "alice");
  EXPECT_EQ(daemon.hold().reason(), "disk swap");
  EXPECT_EQ(daemon.hold().create_time().seconds(), 100);
  EXPECT_EQ(daemon.hold().expire_time().seconds(), 200);
  ASSERT_EQ(daemon.blockers_size(), 1);
  EXPECT_EQ(daemon.blockers(0).kind(), v1::Blocker::HOLD);
  EXPECT_FALSE(Converted(Web()).has_hold());
}

TEST(ConvertTest, ConvertsARunningDaemon) {
  DaemonSnapshot snapshot = Web();
  snapshot.state = DaemonState::kRunning;
  snapshot.wanted = true;
  snapshot.ready = true;
  snapshot.pid = 4711;
  snapshot.start_time = kNoon;
  snapshot.ready_time = kNoon + absl::Nanoseconds(1);
  snapshot.reason = "started by an operator";
  snapshot.notes.status_text = "serving";
  snapshot.counts.restarts = 5'000'000'000;
  snapshot.counts.exits = 5'000'000'001;
  const v1::Daemon daemon = Converted(snapshot);
  EXPECT_EQ(daemon.state(), v1::Daemon::RUNNING);
  EXPECT_TRUE(daemon.wanted());
  EXPECT_TRUE(daemon.ready());
  EXPECT_EQ(daemon.pid(), 4711);
  EXPECT_EQ(daemon.start_time().seconds(), 1767268800);
  EXPECT_EQ(daemon.start_time().nanos(), 120'000'000);
  EXPECT_EQ(daemon.ready_time().nanos(), 120'000'001);
  EXPECT_EQ(daemon.reason(), "started by an operator");
  EXPECT_EQ(daemon.status_text(), "serving");
  EXPECT_EQ(daemon.restart_count(), 5'000'000'000);
  EXPECT_EQ(daemon.exit_count(), 5'000'000'001);
}

TEST(ConvertTest, OnlyReadyDaemonsHaveAReadyTime) {
  DaemonSnapshot snapshot = Web();
  snapshot.state = DaemonState::kStopping;
  snapshot.pid = 4711;
  snapshot.start_time = kNoon;
  snapshot.ready_time = kNoon;
  EXPECT_FALSE(Converted(snapshot).has_ready_time());
  v1::Run run;
  PresentRunToProto(snapshot, run);
  EXPECT_TRUE(run.has_ready_time()) << "the run did become ready";
}

TEST(ConvertTest, ConvertsTheLastExit) {
  v1::Exit exit = Converted(WebThatEnded(ExitedWithCode{0})).last_exit();
  EXPECT_EQ(exit.how_case(), v1::Exit::kExitCode) << "a code of 0 is set too";
  EXPECT_EQ(exit.exit_code(), 0);
  EXPECT_EQ(exit.time().seconds(), 1767268800);
  EXPECT_FALSE(exit.requested());

  exit = Converted(WebThatEnded(KilledBySignal{11, true})).last_exit();
  EXPECT_EQ(exit.signal(), 11);
  EXPECT_TRUE(exit.core_dumped());

  exit = Converted(WebThatEnded(SpawnFailure{"exec", 2, "/bin/x: missing"})).last_exit();
  EXPECT_EQ(exit.spawn_error().stage(), "exec");
  // The accessor shares its name with a macro.
  EXPECT_THAT(exit.spawn_error().ShortDebugString(), HasSubstr("errno: 2 "));
  EXPECT_EQ(exit.spawn_error().message(), "/bin/x: missing");
}

TEST(ConvertTest, ConvertsARun) {
  EndedRun ended;
  ended.pid = 7;
  ended.start_time = kNoon - absl::Seconds(5);
  ended.exit = Exit(KilledBySignal{15, false});
  ended.exit.requested = true;
  ended.exit.verdict = "it was not ready within 1s";
  ended.exit.usage.user_cpu = absl::Milliseconds(1250);
  ended.exit.usage.system_cpu = absl::Milliseconds(2);
  ended.exit.usage.peak_resident_bytes = 5'000'000'000;
  v1::Run run;
  ToProto(ended, run);
  EXPECT_EQ(run.pid(), 7);
  EXPECT_EQ(run.start_time().seconds(), 1767268795);
  EXPECT_FALSE(run.has_ready_time());
  EXPECT_EQ(run.exit().signal(), 15);
  EXPECT_TRUE(run.exit().requested());
  EXPECT_EQ(run.verdict(), "it was not ready within 1s");
  EXPECT_EQ(run.user_cpu_time().seconds(), 1);
  EXPECT_EQ(run.user_cpu_time().nanos(), 250'000'000);
  EXPECT_EQ(run.system_cpu_time().nanos(), 2'000'000);
  EXPECT_EQ(run.peak_memory_bytes(), 5'000'000'000);
}

TEST(ConvertTest, CurrentRunHasNoEnd) {
  DaemonSnapshot snapshot = Web();
  snapshot.pid = 7;
  snapshot.start_time = kNoon;
  v1::Run run;
  PresentRunToProto(snapshot, run);
  EXPECT_EQ(run.pid(), 7);
  EXPECT_EQ(run.start_time().seconds(), 1767268800);
  EXPECT_FALSE(run.has_exit());
}

TEST(ConvertTest, ConvertsADecisionWithItsEvidence) {
  auto decision = std::make_shared<ThrottleDecision>();
  decision->action = ThrottleAction::kHalt;
  decision->rule = ThrottleRule::kWindowFull;
  decision->failures = {{At(kNoon), "exit code 1", ExitedWithCode{1}},
                        {At(kNoon + absl::Seconds(1)), "signal 9", KilledBySignal{9, false}}};
  decision->failures_in_window = 2;
  decision->max_retries = 2;
  decision->retry_time = absl::Milliseconds(5500);
  decision->consecutive_restarts = 4;
  decision->next_attempt = At(kNoon + absl::Minutes(1));
  DaemonSnapshot snapshot = Web();
  snapshot.throttle = decision;
  snapshot.next_start_time = decision->next_attempt->wall;
  const v1::Daemon daemon = Converted(snapshot);
  const v1::Throttle& throttle = daemon.throttle();
  EXPECT_EQ(throttle.rule(), v1::Throttle::WINDOW_FULL);
  EXPECT_THAT(throttle.explanation(), HasSubstr("2 failures within 5.5s"));
  ASSERT_EQ(throttle.failures_size(), 2);
  EXPECT_EQ(throttle.failures(0).exit().exit_code(), 1);
  EXPECT_EQ(throttle.failures(0).time().seconds(), 1767268800);
  EXPECT_EQ(throttle.failures(1).exit().signal(), 9);
  EXPECT_EQ(throttle.failures(1).exit().time().seconds(), 1767268801);
  EXPECT_EQ(throttle.max_retries(), 2);
  EXPECT_EQ(throttle.retry_time().seconds(), 5);
  EXPECT_EQ(throttle.retry_time().nanos(), 500'000'000);
  EXPECT_EQ(throttle.consecutive_restarts(), 4);
  EXPECT_EQ(throttle.next_attempt_time().seconds(), 1767268860);
  EXPECT_THAT(throttle.cleared_by(), HasSubstr("hob restart web"));
  EXPECT_EQ(daemon.next_start_time().seconds(), 1767268860);
}

TEST(ConvertTest, ConvertsEachRuleByName) {
  const std::vector<std::pair<ThrottleRule, v1::Throttle::Rule>> rules = {
      {ThrottleRule::kRetry, v1::Throttle::RETRY},
      {ThrottleRule::kBackoffDelay, v1::Throttle::BACKOFF_DELAY},
      {ThrottleRule::kWindowFull, v1::Throttle::WINDOW_FULL},
      {ThrottleRule::kShortage, v1::Throttle::SHORTAGE},
      {ThrottleRule::kBudget, v1::Throttle::BUDGET},
      {ThrottleRule::kTrialFailed, v1::Throttle::TRIAL_FAILED},
      {ThrottleRule::kLeftExited, v1::Throttle::LEFT_EXITED},
  };
  for (const auto& [rule, expected] : rules) {
    auto decision = std::make_shared<ThrottleDecision>();
    decision->rule = rule;
    DaemonSnapshot snapshot = Web();
    snapshot.throttle = decision;
    EXPECT_EQ(Converted(snapshot).throttle().rule(), expected);
  }
}

TEST(ConvertTest, ConvertsASpecification) {
  DaemonSpec from;
  from.command = "/bin/web 'a b'";
  from.argv = {"/bin/web", "a b"};
  from.origin = "hob.ini:3";
  from.settings =
      std::make_shared<const DaemonSettings>(DaemonSettings{{"nice", "5"}, {"umask", "022"}});
  v1::DaemonSpec spec;
  ToProto(from, spec);
  EXPECT_EQ(spec.command(), "/bin/web 'a b'");
  EXPECT_THAT(spec.argv(), ElementsAre("/bin/web", "a b"));
  EXPECT_EQ(spec.origin(), "hob.ini:3");
  EXPECT_THAT(spec.settings(), UnorderedElementsAre(Pair("nice", "5"), Pair("umask", "022")));
}

TEST(ConvertTest, ConvertsEachPlanActionByName) {
  const std::vector<std::pair<PlanAction, v1::DaemonChange::Action>> actions = {
      {PlanAction::kAdd, v1::DaemonChange::ADD},
      {PlanAction::kRemove, v1::DaemonChange::REMOVE},
      {PlanAction::kRestart, v1::DaemonChange::RESTART},
      {PlanAction::kUpdate, v1::DaemonChange::UPDATE},
      {PlanAction::kUnchanged, v1::DaemonChange::UNCHANGED},
  };
  for (const auto& [action, expected] : actions) {
    v1::DaemonChange change;
    ToProto(PlanEntry{"web", action, {}}, change);
    EXPECT_EQ(change.action(), expected);
    EXPECT_THAT(change.keys(), IsEmpty());
  }
  v1::DaemonChange change;
  ToProto(PlanEntry{"web", PlanAction::kUpdate, {"backoff", "nice"}}, change);
  EXPECT_EQ(change.name(), "web");
  EXPECT_THAT(change.keys(), ElementsAre("backoff", "nice"));
}

TEST(ConvertTest, ConvertsTheLocationOfConfigurationErrors) {
  v1::ConfigError error;
  ToProto(ConfigProblem{"hob.ini", 3, "wrong"}, error);
  EXPECT_EQ(error.file(), "hob.ini");
  EXPECT_EQ(error.line(), 3);
  EXPECT_EQ(error.message(), "wrong");
}

}  // namespace
}  // namespace hob
