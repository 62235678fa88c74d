#include "server/supervisor/runner_state.h"

#include <signal.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

// Returns a number that was not returned before, so that no two fields are equal.
int Draw() {
  static int drawn = 0;
  return ++drawn;
}

absl::Duration DrawDuration() { return absl::Nanoseconds(1) / 4 * (1000000001 + Draw()); }
MonotonicTime DrawPoint() { return MonotonicTime::FromOrigin(DrawDuration()); }
absl::Time DrawTime() { return absl::UnixEpoch() + DrawDuration(); }
Timestamp DrawMoment() { return {DrawPoint(), DrawTime()}; }
std::string DrawText() { return absl::StrCat(" \"line\"\n", Draw()); }

ExitReport DrawExit(EndOfProcess end) {
  ExitReport exit;
  exit.end = std::move(end);
  exit.time = DrawMoment();
  exit.uptime = DrawDuration();
  exit.requested = true;
  exit.verdict = DrawText();
  exit.killed_processes = Draw();
  exit.usage = {DrawDuration(), DrawDuration(), Draw()};
  return exit;
}

std::vector<EndOfProcess> AllEnds() {
  return {ExitedWithCode{Draw()}, KilledBySignal{Draw(), true},
          SpawnFailure{DrawText(), Draw(), DrawText()}, UnobservedEnd{}};
}

ThrottleDecision DrawDecision(ThrottleAction action, ThrottleRule rule) {
  ThrottleDecision decision;
  decision.action = action;
  decision.rule = rule;
  for (const EndOfProcess& end : AllEnds()) {
    decision.failures.push_back({DrawMoment(), DrawText(), end});
  }
  decision.failures_in_window = Draw();
  decision.max_retries = Draw();
  decision.retry_time = DrawDuration();
  decision.consecutive_restarts = Draw();
  decision.delay = DrawDuration();
  decision.next_attempt = DrawMoment();
  return decision;
}

DaemonSnapshot DrawDaemon() {
  DaemonSnapshot daemon;
  daemon.pending_until = PendingUntil::kRoll;
  daemon.state = DaemonState::kHalted;
  daemon.wanted = true;
  daemon.ready = true;
  daemon.health = DaemonHealth::kUnhealthy;
  daemon.unkillable = true;
  daemon.pid = Draw();
  daemon.running_generation = Draw();
  daemon.start_time = DrawTime();
  daemon.ready_time = DrawTime();
  daemon.reason = DrawText();
  daemon.notes = {DrawText(), DrawText(), Draw()};
  daemon.counts.restarts = Draw();
  for (int64_t& count : daemon.counts.restarts_by_reason) count = Draw();
  daemon.counts.exits = Draw();
  for (int64_t& count : daemon.counts.exits_by_kind) count = Draw();
  daemon.counts.log_stalls = Draw();
  daemon.next_start_time = DrawTime();
  daemon.throttle = std::make_shared<const ThrottleDecision>(
      DrawDecision(ThrottleAction::kHalt, ThrottleRule::kWindowFull));
  daemon.awaits_dependents = true;
  daemon.awaits_release = true;
  daemon.hold = std::make_shared<const Hold>(Hold{DrawText(), DrawText(), DrawTime(), DrawTime()});
  daemon.blockers = {{DrawText(), Dependency::Condition::kCompleted, true}};
  daemon.last_command = std::make_shared<const CommandRecord>(
      CommandRecord{DrawText(), DrawText(), DrawText(), DrawTime()});
  return daemon;
}

// Returns a state in which no field has its default.
RunnerState DrawState() {
  RunnerState state;
  state.lifecycle.daemon = DrawDaemon();
  for (const EndOfProcess& end : AllEnds()) {
    state.lifecycle.runs.push_back(
        {Draw(), DrawTime(), DrawTime(), DrawExit(end), DrawText(), Draw()});
  }
  state.lifecycle.reason = DrawText();
  state.lifecycle.obstacle = DrawText();
  state.has_instance = true;
  state.instance = {DrawMoment(), true, DrawPoint(), DrawPoint(), DrawPoint(),   Draw(),
                    true,         true, DrawText(),  DrawPoint(), DrawDuration()};
  state.start = {DrawPoint(), {DrawText(), RestartReason::kTrial, true, true}, true, true};
  state.watch = {DrawPoint(), DrawPoint(), DrawText(), DrawPoint(), DrawPoint(),
                 true,        DrawPoint(), true,       DrawPoint()};
  state.succession =
      Succession::AsDecided{DrawDecision(ThrottleAction::kWait, ThrottleRule::kBackoffDelay)};
  state.verdict = DrawText();
  state.told_by_operator = true;
  state.restarting = true;
  state.relations = {{DrawText(), DrawText()}, DrawText(), {DrawText()}, {{DrawText(), Draw()}}};
  state.has_pending_spec = true;
  return state;
}

// Expects that the serialized `state` parses to an equal one.
void ExpectReadBack(const RunnerState& state) {
  const std::string text = SerializeRunnerState(state);
  const absl::StatusOr<RunnerState> read = ParseRunnerState(text);
  ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
  EXPECT_TRUE(*read == state) << text << "\nread as:\n" << SerializeRunnerState(*read);
}

TEST(RunnerStateTest, ANewStateIsReadBack) { ExpectReadBack(RunnerState()); }

TEST(RunnerStateTest, EveryFieldIsReadBack) { ExpectReadBack(DrawState()); }

TEST(RunnerStateTest, EveryPlanIsReadBack) {
  const std::vector<Succession::State> plans = {
      Succession::Stopped{DrawText()}, Succession::Restart{DrawText(), true, true, DrawText()},
      Succession::Final{true, false}, Succession::Final{false, true}};
  for (const Succession::State& plan : plans) {
    RunnerState state;
    state.succession = plan;
    ExpectReadBack(state);
  }
}

TEST(RunnerStateTest, EveryChoiceIsReadBack) {
  RunnerState state;
  for (const DaemonState of : kAllDaemonStates) {
    state.lifecycle.daemon.state = of;
    ExpectReadBack(state);
  }
  for (const DaemonHealth health : {DaemonHealth::kUnchecked, DaemonHealth::kUnknown,
                                    DaemonHealth::kHealthy, DaemonHealth::kUnhealthy}) {
    state.lifecycle.daemon.health = health;
    ExpectReadBack(state);
  }
  for (const RestartReason reason : kAllRestartReasons) {
    state.start.start.after_failure = reason;
    ExpectReadBack(state);
  }
  for (const ThrottleRule rule :
       {ThrottleRule::kRetry, ThrottleRule::kBackoffDelay, ThrottleRule::kWindowFull,
        ThrottleRule::kShortage, ThrottleRule::kBudget, ThrottleRule::kTrialFailed,
        ThrottleRule::kLeftExited}) {
    for (const ThrottleAction action : {ThrottleAction::kStartNow, ThrottleAction::kWait,
                                        ThrottleAction::kHalt, ThrottleAction::kLeave}) {
      state.succession = Succession::AsDecided{DrawDecision(action, rule)};
      ExpectReadBack(state);
    }
  }
}

TEST(RunnerStateTest, EveryLineIsRead) {
  const RunnerState state = DrawState();
  const std::vector<std::string> lines = absl::StrSplit(SerializeRunnerState(state), '\n');
  // The first line is the version, and the text after the last newline is empty.
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    std::vector<std::string> without = lines;
    without.erase(without.begin() + i);
    const absl::StatusOr<RunnerState> read = ParseRunnerState(absl::StrJoin(without, "\n"));
    ASSERT_TRUE(read.ok()) << lines[i] << ": " << read.status();
    EXPECT_FALSE(*read == state) << lines[i];
  }
}

TEST(RunnerStateTest, ALineOfALaterVersionIsIgnored) {
  const RunnerState state = DrawState();
  const absl::StatusOr<RunnerState> read =
      ParseRunnerState(SerializeRunnerState(state) + "start.blockers.size 2\n");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(*read == state);
}

TEST(RunnerStateTest, AnotherFormIsRefused) {
  EXPECT_FALSE(ParseRunnerState("").ok());
  EXPECT_FALSE(ParseRunnerState("hob-runner 2\n").ok());
  EXPECT_TRUE(ParseRunnerState("hob-runner 1\n").ok());
  const absl::Status status = ParseRunnerState("hob-runner 1\nstart.at soon\n").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("start.at soon"));
}

// Another version of hob may read the names, so a change of this text changes the format.
TEST(RunnerStateTest, TheTextOfANewState) {
  EXPECT_EQ(SerializeRunnerState(RunnerState()),
            "hob-runner 1\n"
            "lifecycle.daemon.pending_until stopped\n"
            "lifecycle.daemon.state stopped\n"
            "lifecycle.daemon.wanted no\n"
            "lifecycle.daemon.ready no\n"
            "lifecycle.daemon.health unchecked\n"
            "lifecycle.daemon.unkillable no\n"
            "lifecycle.daemon.awaits_dependents no\n"
            "lifecycle.daemon.blockers.size 0\n"
            "lifecycle.daemon.awaits_release no\n"
            "lifecycle.daemon.pid 0\n"
            "lifecycle.daemon.running_generation 0\n"
            "lifecycle.daemon.reason \n"
            "lifecycle.daemon.notes.status_text \n"
            "lifecycle.daemon.notes.log_problem \n"
            "lifecycle.daemon.notes.small_pipe_bytes 0\n"
            "lifecycle.daemon.counts.restarts 0\n"
            "lifecycle.daemon.counts.restarts_by_reason.0 0\n"
            "lifecycle.daemon.counts.restarts_by_reason.1 0\n"
            "lifecycle.daemon.counts.restarts_by_reason.2 0\n"
            "lifecycle.daemon.counts.restarts_by_reason.3 0\n"
            "lifecycle.daemon.counts.exits 0\n"
            "lifecycle.daemon.counts.exits_by_kind.0 0\n"
            "lifecycle.daemon.counts.exits_by_kind.1 0\n"
            "lifecycle.daemon.counts.exits_by_kind.2 0\n"
            "lifecycle.daemon.counts.exits_by_kind.3 0\n"
            "lifecycle.daemon.counts.log_stalls 0\n"
            "lifecycle.runs.size 0\n"
            "lifecycle.reason \n"
            "lifecycle.obstacle \n"
            "has_instance no\n"
            "instance.spawned.monotonic 0\n"
            "instance.spawned.wall 0\n"
            "instance.main_ended no\n"
            "instance.asked_at infinite\n"
            "instance.kill_at infinite\n"
            "instance.killed_at infinite\n"
            "instance.killed_processes 0\n"
            "instance.unkillable_said no\n"
            "instance.is_leftover no\n"
            "instance.refusal \n"
            "instance.look_at infinite\n"
            "instance.look_interval 0\n"
            "start.at infinite\n"
            "start.start.reason \n"
            "start.start.is_trial no\n"
            "start.start.by_operator no\n"
            "start.is_granted no\n"
            "start.is_blocked no\n"
            "watch.up_at infinite\n"
            "watch.unready_at infinite\n"
            "watch.unready_verdict \n"
            "watch.awaited_since 0\n"
            "watch.extended_until 0\n"
            "watch.never_ready no\n"
            "watch.silent_at infinite\n"
            "watch.is_trial no\n"
            "watch.trial_won_at infinite\n"
            "succession.kind as_decided\n"
            "succession.decision.action start_now\n"
            "succession.decision.rule retry\n"
            "succession.decision.failures.size 0\n"
            "succession.decision.failures_in_window 0\n"
            "succession.decision.max_retries 0\n"
            "succession.decision.retry_time 0\n"
            "succession.decision.consecutive_restarts 0\n"
            "succession.decision.delay 0\n"
            "verdict \n"
            "told_by_operator no\n"
            "restarting no\n"
            "relations.ends_after.size 0\n"
            "relations.stop_reason \n"
            "relations.starts_after.size 0\n"
            "relations.partners.size 0\n"
            "has_pending_spec no\n");
}

}  // namespace
}  // namespace hob
