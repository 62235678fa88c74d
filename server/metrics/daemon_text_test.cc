#include "server/metrics/daemon_text.h"

#include <prometheus/text_serializer.h>

#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/server_families.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kGoldenFile[] = "server/metrics/testdata/page.txt";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::Time At(absl::Duration since_epoch) { return absl::UnixEpoch() + since_epoch; }

DaemonSnapshot Named(const std::string& name) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  DaemonSnapshot daemon;
  daemon.spec = std::move(spec);
  daemon.runs = std::make_shared<const EndedRuns>();
  return daemon;
}

void AddRun(const EndOfProcess& end, absl::Time time, DaemonSnapshot& daemon) {
  EndedRun run;
  run.exit.end = end;
  run.exit.time.wall = time;
  daemon.runs = std::make_shared<const EndedRuns>(run, EndedRuns());
}

DaemonSnapshotPtr Share(DaemonSnapshot daemon) {
  return std::make_shared<const DaemonSnapshot>(std::move(daemon));
}

DaemonSnapshotPtr Halted() {
  DaemonSnapshot daemon = Named("flaky");
  daemon.state = DaemonState::kHalted;
  daemon.wanted = true;
  daemon.start_time = At(absl::Seconds(1790000000) + absl::Milliseconds(7));
  daemon.counts.restarts = 2;
  daemon.counts.restarts_by_reason = {1, 1, 0, 0};
  daemon.counts.exits = 3;
  daemon.counts.exits_by_kind = {0, 2, 1};
  AddRun(KilledBySignal{11}, At(absl::Seconds(1790000001)), daemon);
  ThrottleDecision decision;
  decision.action = ThrottleAction::kHalt;
  decision.rule = ThrottleRule::kWindowFull;
  decision.failures_in_window = 3;
  daemon.throttle = std::make_shared<const ThrottleDecision>(decision);
  daemon.next_start_time = At(absl::Seconds(1790000061) + absl::Milliseconds(50));
  daemon.hold = std::make_shared<const Hold>(Hold{"alice", "disk swap", {}, {}});
  return Share(std::move(daemon));
}

DaemonSnapshotPtr Running() {
  DaemonSnapshot daemon = Named("web");
  daemon.state = DaemonState::kRunning;
  daemon.wanted = true;
  daemon.ready = true;
  daemon.health = DaemonHealth::kHealthy;
  daemon.pid = 7;
  daemon.start_time = At(absl::Seconds(1790000000));
  daemon.counts.restarts = 5'000'000'000;
  daemon.counts.restarts_by_reason = {5'000'000'000, 0, 0, 0};
  daemon.counts.log_stalls = 2;
  daemon.notes.log_problem = "log stalled: /var/log/hob/web.log: No space left on device";
  return Share(std::move(daemon));
}

// Returns figures for a halted daemon, a running one, and a never-started one without any figures
// of its own.
DaemonFigures Figures() {
  DaemonFigures figures;
  figures.daemons = {Halted(), Share(Named("idle")), Running()};
  TreeUsage usage;
  usage.processes = 3;
  usage.cpu = absl::Seconds(12) + absl::Microseconds(34);
  usage.memory_bytes = 123456789;
  usage.open_descriptors = 12;
  figures.usages = {absl::nullopt, absl::nullopt, usage};
  figures.written["flaky"] = {0, 77};
  figures.written["web"] = {1'000'000'000'000, 0};
  return figures;
}

ServerFacts Facts() {
  ServerFacts facts;
  facts.version = "1.2.3";
  facts.containment = "cgroup";
  facts.start_time = At(absl::Seconds(1790000000));
  facts.config_generation = 3;
  facts.reloads_succeeded = 2;
  facts.reloads_failed = 1;
  facts.last_reload_succeeded = false;
  facts.last_reload_time = At(absl::Seconds(1790000100));
  facts.last_reload_success_time = At(absl::Seconds(1790000050) + absl::Milliseconds(500));
  facts.changes = 42;
  facts.strays_reaped = 1;
  return facts;
}

std::string Text(const DaemonFigures& figures) {
  std::string text;
  AppendDaemonText(figures, text);
  return text;
}

TEST(DaemonTextTest, PageMatchesTheGoldenFile) {
  std::string page = prometheus::TextSerializer().Serialize(ServerFamilies(Facts()));
  AppendDaemonText(Figures(), page);
  EXPECT_EQ(page, ReadFile(kGoldenFile)) << "the page is now:\n" << page;
}

TEST(DaemonTextTest, EachDaemonIsInOneStateAndClearingIsStopping) {
  DaemonSnapshot daemon = Named("web");
  daemon.state = DaemonState::kClearing;
  DaemonFigures figures;
  figures.daemons = {Share(std::move(daemon))};
  figures.usages = {absl::nullopt};
  const std::string text = Text(figures);
  EXPECT_THAT(text, HasSubstr("hob_daemon_state{daemon=\"web\",state=\"STOPPING\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hob_daemon_state{daemon=\"web\",state=\"RUNNING\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("CLEARING")));
}

TEST(DaemonTextTest, OnlySuccessThatIsNotRestartedHasCompleted) {
  DaemonSpec spec;
  spec.name = "setup";
  spec.restart_policy.success_exit_codes = {0, 3};
  DaemonSnapshot daemon;
  daemon.spec = std::make_shared<const DaemonSpec>(spec);
  daemon.state = DaemonState::kExited;
  const auto completed = [](const DaemonSnapshot& snapshot) {
    DaemonFigures figures;
    figures.daemons = {Share(snapshot)};
    figures.usages = {absl::nullopt};
    return Text(figures).find("hob_daemon_completed{daemon=\"setup\"} 1\n") != std::string::npos;
  };
  for (const auto& [end, expected] :
       std::vector<std::pair<EndOfProcess, bool>>{{ExitedWithCode{0}, true},
                                                  {ExitedWithCode{3}, true},
                                                  {ExitedWithCode{1}, false},
                                                  {KilledBySignal{3}, false},
                                                  {SpawnFailure{"exec", 3, "missing"}, false}}) {
    AddRun(end, At(absl::Seconds(1)), daemon);
    EXPECT_EQ(completed(daemon), expected) << DescribeEnd(end);
  }
  AddRun(ExitedWithCode{0}, At(absl::Seconds(1)), daemon);
  DaemonSnapshot halted = daemon;
  halted.state = DaemonState::kHalted;
  EXPECT_FALSE(completed(halted)) << "a failure with restart = always";
  EndedRun run;
  run.exit.end = ExitedWithCode{0};
  run.exit.verdict = "not ready within 60s";
  daemon.runs = std::make_shared<const EndedRuns>(run, EndedRuns());
  EXPECT_FALSE(completed(daemon)) << "ended by hob";
}

TEST(DaemonTextTest, LastExitIsTheCodeTheSignalOrTheErrno) {
  for (const auto& [end, line] : std::vector<std::pair<EndOfProcess, std::string>>{
           {ExitedWithCode{3}, "kind=\"code\"} 3\n"},
           {KilledBySignal{9}, "kind=\"signal\"} 9\n"},
           {SpawnFailure{"exec", 2, "missing"}, "kind=\"spawn_error\"} 2\n"}}) {
    DaemonSnapshot daemon = Named("web");
    AddRun(end, At(absl::Seconds(1)), daemon);
    DaemonFigures figures;
    figures.daemons = {Share(std::move(daemon))};
    figures.usages = {absl::nullopt};
    EXPECT_THAT(Text(figures), HasSubstr("last_exit_status{daemon=\"web\"," + line));
  }
}

TEST(DaemonTextTest, UnknownFiguresHaveNoLine) {
  DaemonFigures figures;
  figures.daemons = {Running()};
  TreeUsage usage;
  usage.processes = 5000;
  figures.usages = {usage};
  const std::string text = Text(figures);
  EXPECT_THAT(text, HasSubstr("hob_daemon_processes{daemon=\"web\"} 5000\n"));
  EXPECT_THAT(text, Not(HasSubstr("hob_daemon_cpu_seconds_total{")));
  EXPECT_THAT(text, Not(HasSubstr("hob_daemon_memory_bytes{")));
  EXPECT_THAT(text, Not(HasSubstr("hob_daemon_log_bytes_total{")));
}

TEST(DaemonTextTest, WritesOnlyHeadingsWithoutDaemons) {
  const std::string text = Text(DaemonFigures());
  EXPECT_THAT(text, HasSubstr("# TYPE hob_daemon_up gauge\n"));
  EXPECT_THAT(text, Not(HasSubstr("\nhob_")));
}

}  // namespace
}  // namespace hob
