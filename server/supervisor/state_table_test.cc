// Plays every event in every state on a fake kernel, writes the behavior of the daemon as a table,
// and compares it with the table in server/README.md. Plays each cell twice, to prove that it is
// deterministic. To regenerate the table: HOB_UPDATE_STATE_TABLE=FILE.
#include <signal.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "gtest/gtest.h"
#include "server/daemon/daemon_state.h"
#include "server/registry/change_reader.h"
#include "server/supervisor/runner_state.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using Kind = Command::Kind;
using State = DaemonState;

constexpr char kBegin[] = "<!-- state table -->\n";
constexpr char kEnd[] = "<!-- end of state table -->\n";

std::string NameOf(State state) {
  return state == State::kClearing ? "CLEARING" : std::string(DaemonStateName(state));
}

// Returns a daemon that is subject to every timer of hob.
DaemonSpec SpecFor(State state) {
  DaemonSpec spec = WebSpec();
  spec.stop_timeout = absl::Seconds(10);
  spec.watchdog = absl::Minutes(5);
  spec.check.target = std::make_shared<const CheckTarget>();
  if (state == State::kStarting) {
    spec.ready = ReadyMode::kDescriptor;
    spec.ready_fd = 3;
    spec.ready_timeout = absl::Seconds(20);
  }
  if (state == State::kBackoff) spec.restart_policy.backoff = absl::Seconds(10);
  if (state == State::kExited) spec.restart_policy.restart = RestartMode::kNever;
  if (state == State::kHalted) {
    spec.restart_policy.max_retries = 1;
    spec.restart_policy.on_halt = OnHalt::kRetry;
  }
  if (state == State::kWaiting) spec.depends_on = {{"db", Dependency::Condition::kReady}};
  return spec;
}

FakeProgram ProgramFor(State state) {
  FakeProgram program;
  if (state == State::kStopping) program.survives = {SIGTERM};
  if (state == State::kClearing) {
    program.has_children = true;
    program.looks_to_end_children = -1;
  }
  return program;
}

// A daemon in a given state, and a reader of all later changes.
class Scene {
 public:
  explicit Scene(State state) : spec_(SpecFor(state)), web_(spec_) {
    web_.spawner.SetProgram(ProgramFor(state));
    for (const char* other : {"db", "down"}) web_.PublishOther(other, State::kHalted);
    if (state != State::kStopped) web_.Do(Kind::kBoot);
    if (state == State::kStopping) web_.Do(Kind::kStop);
    if (state == State::kBackoff || state == State::kExited || state == State::kHalted ||
        state == State::kClearing) {
      web_.Exit(1);
    }
    EXPECT_EQ(NameOf(web_.state()), NameOf(state)) << "the scene is not what it should be";
    // Later instances stay up until the test ends them.
    web_.spawner.SetProgram(FakeProgram());
    reader_ = ChangeReader::Open(
        web_.registry, [](const std::string& name) { return name == "web"; }, "");
    Path();
  }

  RunnerHarness& web() { return web_; }
  const DaemonSpec& spec() const { return spec_; }
  bool has_process() { return web_.spawner.LivePid("web") != 0; }

  // Returns the states since the last call, as "STARTING → RUNNING".
  std::string Path() {
    std::vector<std::string> path;
    std::string last = last_;
    while (absl::optional<WatchEvent> event = reader_->Next()) {
      if (event->kind != WatchEvent::Kind::kDaemon) continue;
      std::string state = event->removed ? "gone" : NameOf(event->daemon->state);
      if (state != last) path.push_back(state);
      last = std::move(state);
    }
    last_ = last;
    return absl::StrJoin(path, " → ");
  }

 private:
  const DaemonSpec spec_;
  RunnerHarness web_;
  absl::StatusOr<ChangeReader> reader_ = absl::UnknownError("");
  std::string last_;
};

// Plays an event. Returns the answer to the command; empty for an event without a command, and
// absent if the event cannot happen in this state.
using Happens = std::function<absl::optional<std::string>(Scene&)>;

struct Event {
  const char* name;
  Happens happens;
};

Happens CommandOf(Kind kind) {
  return [kind](Scene& scene) -> absl::optional<std::string> {
    Command command = RunnerHarness::Make(kind);
    command.signal = SIGKILL;
    return scene.web().Do(std::move(command)).InAWord();
  };
}

Happens Reconfigured(Kind kind, const std::function<void(DaemonSpec&)>& change) {
  return [kind, change](Scene& scene) -> absl::optional<std::string> {
    DaemonSpec spec = scene.spec();
    change(spec);
    return scene.web().Do(kind, spec).InAWord();
  };
}

// Ends the main process under a policy that forces one decision of the throttle.
Happens EndsUnder(const std::function<void(RestartPolicy&)>& change) {
  return [change](Scene& scene) -> absl::optional<std::string> {
    if (!scene.has_process()) return absl::nullopt;
    DaemonSpec spec = scene.spec();
    change(spec.restart_policy);
    scene.web().Do(Kind::kUpdate, spec);
    scene.web().Exit(1);
    return "";
  };
}

absl::optional<std::string> ItsTimeIsUp(Scene& scene) {
  const MonotonicTime due = scene.web().runner->NextDeadline();
  // In CLEARING, the deadline may be only the next check of the process tree, not the end of the
  // patience.
  if (due == MonotonicTime::InfiniteFuture()) return absl::nullopt;
  if (scene.web().state() == State::kClearing) return absl::nullopt;
  scene.web().Advance(due - scene.web().clock.Now().monotonic);
  return "";
}

absl::optional<std::string> ItBecomesReady(Scene& scene) {
  if (!scene.has_process() || !scene.web().spawner.WriteReady("web", "\n")) return absl::nullopt;
  scene.web().Settle();
  return "";
}

absl::optional<std::string> ItsCheckFails(Scene& scene) {
  if (scene.web().prober.Find("web") == nullptr) return absl::nullopt;
  scene.web().Tell(DaemonHealth::kUnhealthy);
  return "";
}

absl::optional<std::string> NothingIsLeft(Scene& scene) {
  if (scene.web().state() != State::kClearing) return absl::nullopt;
  scene.web().spawner.EndChildren("web");
  scene.web().Advance(absl::Milliseconds(100));
  return "";
}

absl::optional<std::string> ItsDependencyIsUp(Scene& scene) {
  if (scene.web().state() != State::kWaiting) return absl::nullopt;
  scene.web().PublishOther("db", State::kRunning);
  return "";
}

// Plays an event of a daemon that is held.
Happens WhileHeld(const Happens& happens) {
  return [happens](Scene& scene) -> absl::optional<std::string> {
    Command hold = RunnerHarness::Make(Kind::kHold);
    hold.hold = std::make_shared<const Hold>(Hold{"alice", "disk swap", {}, {}});
    scene.web().Do(std::move(hold));
    return happens(scene);
  };
}

// Places a hold on a daemon whose start is then due, and plays the release.
absl::optional<std::string> IsReleased(Scene& scene) {
  WhileHeld(CommandOf(Kind::kBoot))(scene);
  scene.Path();
  return scene.web().Do(Kind::kRelease).InAWord();
}

Happens NeedsWhatIsDown(Kind kind) {
  return Reconfigured(kind, [](DaemonSpec& spec) {
    spec.argv.push_back("new");
    spec.depends_on = {{"down", Dependency::Condition::kReady}};
  });
}

// Sends a command whose start is certain to fail.
Happens WithoutTheProgram(Kind kind) {
  return [kind](Scene& scene) -> absl::optional<std::string> {
    DaemonSpec spec = scene.spec();
    spec.argv = {"/bin/missing"};
    const std::string program = kind == Kind::kReplace ? spec.argv[0] : scene.spec().argv[0];
    scene.web().spawner.SetMissing(program, true);
    return scene.web().Do(kind, spec).InAWord();
  };
}

absl::optional<std::string> StartsWithoutSuccess(Scene& scene) {
  if (scene.web().spawner.Alive("web") > 0) return absl::nullopt;
  for (int i = 0; i < 100; ++i) scene.web().spawner.FailNextSpawn({"exec", ENOENT, "missing"});
  return scene.web().Do(Kind::kStart).InAWord();
}

std::vector<Event> Events() {
  return {
      {"`Start`", CommandOf(Kind::kStart)},
      {"`Start`, and exec fails", StartsWithoutSuccess},
      {"`Stop`", CommandOf(Kind::kStop)},
      {"`Restart`", CommandOf(Kind::kRestart)},
      {"`Restart`, and the program is missing", WithoutTheProgram(Kind::kRestart)},
      {"`Signal` KILL", CommandOf(Kind::kSignal)},
      {"boot", CommandOf(Kind::kBoot)},
      {"reload, a live setting",
       Reconfigured(Kind::kUpdate, [](DaemonSpec& spec) { spec.restart_policy.max_retries = 7; })},
      {"reload, `on_halt = stay`",
       Reconfigured(Kind::kUpdate,
                    [](DaemonSpec& spec) { spec.restart_policy.on_halt = OnHalt::kStay; })},
      {"reload, another command",
       Reconfigured(Kind::kReplace, [](DaemonSpec& spec) { spec.argv.push_back("new"); })},
      {"reload, a missing program", WithoutTheProgram(Kind::kReplace)},
      {"reload, another command and an unmet dependency", NeedsWhatIsDown(Kind::kReplace)},
      {"reload, another command, in a set",
       Reconfigured(Kind::kStage, [](DaemonSpec& spec) { spec.argv.push_back("new"); })},
      {"reload, gone", CommandOf(Kind::kRemove)},
      {"its turn in a roll", CommandOf(Kind::kRoll)},
      {"its turn in a roll, and the program is missing", WithoutTheProgram(Kind::kRoll)},
      {"shutdown", CommandOf(Kind::kShutDown)},
      {"main process ends: start again",
       EndsUnder([](RestartPolicy& policy) { policy.max_retries = 9; })},
      {"main process ends: wait",
       EndsUnder([](RestartPolicy& policy) { policy.backoff = absl::Seconds(1); })},
      {"main process ends: give up",
       EndsUnder([](RestartPolicy& policy) { policy.max_retries = 1; })},
      {"main process ends: leave it",
       EndsUnder([](RestartPolicy& policy) { policy.restart = RestartMode::kNever; })},
      {"it becomes ready", ItBecomesReady},
      {"its check fails", ItsCheckFails},
      {"nothing of it is left", NothingIsLeft},
      {"its time is up", ItsTimeIsUp},
      {"its dependency comes up", ItsDependencyIsUp},
      {"held: `Restart`", WhileHeld(CommandOf(Kind::kRestart))},
      {"held: boot", WhileHeld(CommandOf(Kind::kBoot))},
      {"held: reload, another command",
       WhileHeld(
           Reconfigured(Kind::kReplace, [](DaemonSpec& spec) { spec.argv.push_back("new"); }))},
      {"held: its turn in a roll", WhileHeld(CommandOf(Kind::kRoll))},
      {"held: shutdown", WhileHeld(CommandOf(Kind::kShutDown))},
      {"held: main process ends: start again",
       WhileHeld(EndsUnder([](RestartPolicy& policy) { policy.max_retries = 9; }))},
      {"held: main process ends: give up",
       WhileHeld(EndsUnder([](RestartPolicy& policy) { policy.max_retries = 1; }))},
      {"held: its check fails", WhileHeld(ItsCheckFails)},
      {"held: its time is up", WhileHeld(ItsTimeIsUp)},
      {"held: its dependency comes up", WhileHeld(ItsDependencyIsUp)},
      {"held since before the boot: `Release`", IsReleased},
  };
}

// Expects that the serialized state of the runner parses to an equal one.
void ExpectReadBack(const DaemonRunner& runner, const std::string& where) {
  const RunnerState state = runner.state();
  const std::string text = SerializeRunnerState(state);
  const absl::StatusOr<RunnerState> read = ParseRunnerState(text);
  ASSERT_TRUE(read.ok()) << where << ": " << read.status() << "\n" << text;
  EXPECT_TRUE(*read == state) << where << ":\n" << text;
}

// Returns the states, as "STOPPING → STOPPED", or "=" if the state stays, plus the answer if it is
// not OK; "." if the event cannot happen.
std::string Cell(State state, const Event& event) {
  Scene scene(state);
  const absl::optional<std::string> answer = event.happens(scene);
  if (!answer.has_value()) return ".";
  std::string path = scene.Path();
  if (path.empty()) path = "=";
  if (*answer == "none") return absl::StrCat(path, " …");
  return *answer == "OK" || answer->empty() ? path : absl::StrCat(path, " ", *answer);
}

std::string Table() {
  std::string table = "| |";
  for (const State state : kAllDaemonStates) absl::StrAppend(&table, " ", NameOf(state), " |");
  absl::StrAppend(&table, "\n|");
  for (size_t i = 0; i <= kAllDaemonStates.size(); ++i) absl::StrAppend(&table, " --- |");
  absl::StrAppend(&table, "\n");
  for (const Event& event : Events()) {
    absl::StrAppend(&table, "| ", event.name, " |");
    for (const State state : kAllDaemonStates) {
      const std::string cell = Cell(state, event);
      EXPECT_EQ(Cell(state, event), cell) << event.name << " in " << NameOf(state);
      absl::StrAppend(&table, " ", cell, " |");
    }
    absl::StrAppend(&table, "\n");
  }
  return table;
}

std::string TableOfReadme() {
  std::ifstream file("server/README.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string readme = text.str();
  const size_t begin = readme.find(kBegin);
  const size_t end = readme.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos) return "there is none";
  return readme.substr(begin + sizeof(kBegin) - 1, end - begin - (sizeof(kBegin) - 1));
}

TEST(StateTableTest, EveryEventInEveryStateDoesWhatTheReadmeSays) {
  const std::string table = Table();
  if (const char* path = std::getenv("HOB_UPDATE_STATE_TABLE"); path != nullptr) {
    std::ofstream(path) << table;
    return;
  }
  EXPECT_EQ(table, TableOfReadme());
}

TEST(StateTableTest, EveryStateIsWrittenDownAndReadBack) {
  for (const State state : kAllDaemonStates) {
    Scene scene(state);
    EXPECT_EQ(scene.web().runner->state().lifecycle.daemon.state, state);
    ExpectReadBack(*scene.web().runner, NameOf(state));
  }
}

TEST(StateTableTest, EveryStateAfterAnEventIsWrittenDownAndReadBack) {
  for (const Event& event : Events()) {
    for (const State state : kAllDaemonStates) {
      Scene scene(state);
      event.happens(scene);
      ExpectReadBack(*scene.web().runner, absl::StrCat(event.name, " in ", NameOf(state)));
    }
  }
}

}  // namespace
}  // namespace hob
