#include "server/supervisor/testing/runner_harness.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

// Shared by all tests: a journal has a thread and must outlive its writers.
Journal& SharedJournal() {
  static Journal& journal = *new Journal;
  return journal;
}

}  // namespace

DaemonSpec WebSpec() {
  DaemonSpec spec;
  spec.name = "web";
  spec.command = "/bin/web";
  spec.argv = {"/bin/web"};
  return spec;
}

DaemonSpec SlowToComeUp() {
  DaemonSpec spec = WebSpec();
  spec.start_time = absl::Seconds(2);
  return spec;
}

DaemonSpec Patient() {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.backoff = absl::Seconds(10);
  spec.restart_policy.backoff_jitter = 0;
  spec.restart_policy.retry_time = absl::Minutes(1);
  return spec;
}

FakeProgram SlowToEnd(absl::Duration dying_takes) {
  FakeProgram program;
  program.dying_takes = dying_takes;
  return program;
}

FakeProgram Deaf() {
  FakeProgram program;
  program.survives = {SIGTERM};
  return program;
}

DeparturePtr Announce(RunnerHarness& web, const std::string& name) {
  web.PublishOther(name, DaemonState::kRunning);
  return std::make_shared<const Departure>(name, web.waits);
}

Command StopAfter(const std::string& name, const DeparturePtr& departure) {
  Command command = RunnerHarness::Make(Command::Kind::kStop);
  command.ends_after = {{name, departure}};
  return command;
}

void Halt(RunnerHarness& web) {
  web.Do(Command::Kind::kBoot);
  for (int i = 0; i < 3; ++i) web.Exit(1);
  ASSERT_EQ(web.state(), DaemonState::kHalted);
}

RunnerHarness::RunnerHarness(const DaemonSpec& spec, const StartBudget::Options& budget)
    : throttle(budget) {
  context.clock = &clock;
  context.spawner = &spawner;
  context.throttle = &throttle;
  context.registry = &registry;
  context.journal = &SharedJournal();
  context.waits = &waits;
  context.prober = &prober;
  prober.SetReport([this](const std::string&, const CheckVerdict& verdict) {
    Command command(Command::Kind::kVerdict, Caller::Server());
    command.verdict = verdict;
    runner->Handle(std::move(command));
  });
  waits.SetWake([this](const std::string&) {
    runner->Handle(Command(Command::Kind::kRecheck, Caller::Server()));
  });
  runner = std::make_unique<DaemonRunner>(std::make_shared<const DaemonSpec>(spec), context);
  Look();
}

Command RunnerHarness::Make(Command::Kind kind) {
  return Command(kind, Caller{Caller::Kind::kUser, "an operator", ""});
}

Command RunnerHarness::Make(Command::Kind kind, const DaemonSpec& spec) {
  Command command = Make(kind);
  command.spec = std::make_shared<const DaemonSpec>(spec);
  return command;
}

Answer RunnerHarness::Do(Command command) {
  Answer answer = Post(std::move(command));
  Settle();
  return answer;
}

Answer RunnerHarness::Do(Command::Kind kind, const DaemonSpec& spec) {
  return Do(Make(kind, spec));
}

Answer RunnerHarness::Post(Command command) {
  Answer answer;
  command.done = answer.Taker();
  runner->Handle(std::move(command));
  Look();
  return answer;
}

void RunnerHarness::Tell(DaemonHealth health, const std::string& message) {
  prober.Tell("web", health, message);
  Settle();
}

void RunnerHarness::PublishOther(const std::string& name, DaemonState state, bool wanted) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = std::move(spec);
  snapshot->state = state;
  snapshot->wanted = wanted;
  snapshot->ready = state == DaemonState::kRunning;
  const bool is_up = state == DaemonState::kStarting || state == DaemonState::kRunning;
  snapshot->pid = is_up ? 1 : 0;
  snapshot->reason = "it is so";
  snapshot->runs = std::make_shared<const EndedRuns>();
  registry.Publish(std::move(snapshot));
  waits.Changed(name);
  Settle();
}

void RunnerHarness::End(const EndOfProcess& end) {
  ASSERT_TRUE(spawner.End("web", end)) << "there is no process to end";
  Settle();
}

void RunnerHarness::Settle() {
  constexpr int kTooMany = 1000;
  for (int i = 0; i < kTooMany; ++i) {
    if (runner->finished()) return;
    runner->Step();
    Look();
    if (std::min(runner->NextDeadline(), spawner.NextEvent()) > clock.Now().monotonic) return;
  }
  FAIL() << "the runner spins: something is due at every step";
}

void RunnerHarness::Advance(absl::Duration by) {
  const MonotonicTime end = clock.Now().monotonic + by;
  while (true) {
    const MonotonicTime now = clock.Now().monotonic;
    // Processes that survived KILL at the end still have events, but the runner ignores them.
    const MonotonicTime next =
        runner->finished() ? end : std::min({end, runner->NextDeadline(), spawner.NextEvent()});
    if (next > now) clock.Advance(next - now);
    Settle();
    if (next >= end || testing::Test::HasFatalFailure()) return;
  }
}

const DaemonSnapshot& RunnerHarness::now() {
  Look();
  return *seen_;
}

void RunnerHarness::Look() {
  // Keeps the last snapshot of a removed daemon.
  if (DaemonSnapshotPtr latest = registry.Find("web"); latest != nullptr) seen_ = latest;
  const std::string state(DaemonStateName(seen_->state));
  if (state == last_) return;
  last_ = state;
  absl::StrAppend(&path_, path_.empty() ? "" : " ", state);
}

std::string RunnerHarness::Signals() const {
  std::string signals;
  for (const FakeSpawner::SentSignal& sent : spawner.Signals("web")) {
    EXPECT_TRUE(sent.to_tree);
    absl::StrAppend(&signals, signals.empty() ? "" : " ", sent.signal);
  }
  return signals;
}

}  // namespace hob
