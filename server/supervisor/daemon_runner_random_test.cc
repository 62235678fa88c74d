// Random commands, ends, faults and stretches of time against the invariants of contract section 7.
// What is checked is found out from the fake kernel and from the answers, not from the runner.
#include <glog/logging.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using Kind = Command::Kind;

template <typename Counts>
int64_t Sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

constexpr int kSeeds = 1000;
constexpr int kStepsPerSeed = 200;

class RandomRun {
 public:
  explicit RandomRun(int seed) : random_(seed), web_(RandomSpec(), RandomBudget()) {
    SetRandomProgram();
  }

  void Run() {
    for (int i = 0; i < kStepsPerSeed && !testing::Test::HasFailure(); ++i) {
      Act();
      Check();
    }
    End();
  }

 private:
  // 0 to `bound` - 1.
  int Pick(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }
  absl::Duration PickTime() {
    constexpr int kMilliseconds[] = {0, 1, 2, 50, 100, 500, 1000, 2000, 5000, 5001, 12000, 60000};
    return absl::Milliseconds(kMilliseconds[Pick(std::size(kMilliseconds))]);
  }

  DaemonSpec RandomSpec() {
    DaemonSpec spec = WebSpec();
    RestartPolicy& policy = spec.restart_policy;
    policy.restart = Chance(70)   ? RestartMode::kAlways
                     : Chance(60) ? RestartMode::kOnFailure
                                  : RestartMode::kNever;
    policy.max_retries = Pick(6);
    policy.backoff = Chance(50) ? absl::ZeroDuration() : PickTime();
    if (Chance(30)) policy.on_halt = OnHalt::kRetry;
    spec.start_time = Chance(50) ? absl::ZeroDuration() : PickTime();
    spec.stop_timeout = PickTime();
    max_retries_ = policy.max_retries;
    retry_time_ = policy.retry_time;
    trials_ = policy.on_halt == OnHalt::kRetry;
    spec_ = spec;
    return spec;
  }

  StartBudget::Options RandomBudget() {
    StartBudget::Options budget;
    if (Chance(30)) budget.rate = 0.5;
    return budget;
  }

  void SetRandomProgram() {
    FakeProgram program;
    if (Chance(40)) program.lifetime = PickTime() + absl::Milliseconds(1);
    if (Chance(40)) program.end = ExitedWithCode{Pick(3)};
    if (Chance(20)) program.survives.insert(SIGTERM);
    if (Chance(5)) program.survives.insert(SIGKILL);
    if (Chance(50)) program.dying_takes = PickTime();
    if (Chance(30)) program.code_on_signal = 0;
    program.has_children = Chance(30);
    program.looks_to_end_children = Chance(20) ? -1 : Pick(5);
    web_.spawner.SetProgram(program);
  }

  void Act() {
    const int action = Pick(10);
    if (action != 3 && action != 6) unnoticed_ = false;
    switch (action) {
      case 0:
      case 1:
      case 2:
        return web_.Advance(PickTime());
      case 3:
        return SetRandomProgram();
      case 4:
        if (Chance(50)) web_.spawner.Unhang();
        if (Chance(50)) web_.spawner.EndChildren("web");
        return web_.Settle();
      case 5:
        web_.spawner.End("web", KilledBySignal{SIGSEGV, Chance(50)});
        // Now and then the next command is there before the end is noticed.
        unnoticed_ = Chance(50);
        if (!unnoticed_) web_.Settle();
        return;
      case 6:
        web_.spawner.FailNextSpawn({"exec", Chance(50) ? ENOENT : EAGAIN, "cannot"});
        return;
      default:
        Give(RandomCommand());
        while (Chance(30)) Give(RandomCommand());
        web_.Settle();
    }
  }

  Command RandomCommand() {
    constexpr Kind kKinds[] = {Kind::kStart,   Kind::kStart,   Kind::kStop,   Kind::kStop,
                               Kind::kRestart, Kind::kRestart, Kind::kSignal, Kind::kBoot,
                               Kind::kUpdate,  Kind::kReplace};
    Command command = RunnerHarness::Make(kKinds[Pick(std::size(kKinds))], spec_);
    command.no_wait = Chance(10);
    if (Chance(20)) command.timeout = PickTime();
    command.signal = Chance(50) ? SIGHUP : SIGKILL;
    command.signal_all = Chance(50);
    return command;
  }

  void Give(Command command) {
    NoteClearing(command.kind);
    answers_.push_back(web_.Post(std::move(command)));
  }

  // Commands that clear the history: what was started before does not count any more.
  void NoteClearing(Kind kind) {
    const DaemonState state = web_.state();
    const bool is_up = state == DaemonState::kStarting || state == DaemonState::kRunning;
    // A real server boots a daemon once; here it is one more way to begin.
    const bool boots = kind == Kind::kBoot && state == DaemonState::kStopped;
    if (kind == Kind::kRestart || kind == Kind::kReplace || boots ||
        (kind == Kind::kStart && !is_up)) {
      cleared_at_ = web_.spawner.starts().size();
    }
  }

  void Check() {
    const DaemonSnapshot& now = web_.now();
    // 1.
    EXPECT_LE(web_.spawner.MostAliveAtOnce("web"), 1);
    EXPECT_EQ(web_.spawner.abandoned(), 0);
    // 2.
    const bool rests = now.state == DaemonState::kBackoff || now.state == DaemonState::kHalted ||
                       now.state == DaemonState::kExited || now.state == DaemonState::kStopping ||
                       now.state == DaemonState::kClearing;
    if (now.wanted && !rests && !unnoticed_) {
      EXPECT_EQ(web_.spawner.Alive("web"), 1) << DaemonStateName(now.state);
      EXPECT_EQ(now.pid, web_.spawner.LivePid("web"));
    }
    // 9.
    if (now.state == DaemonState::kStopped) {
      EXPECT_EQ(web_.spawner.Alive("web"), 0);
    }
    // 3.
    EXPECT_EQ(now.exit_count, web_.spawner.Reaped("web") + web_.spawner.Failed("web"));
    EXPECT_EQ(now.runs->size(), std::min<int64_t>(now.exit_count, kMaxEndedRuns));
    EXPECT_EQ(Sum(now.exits_by_kind), now.exit_count);
    EXPECT_EQ(Sum(now.restarts_by_reason), now.restart_count);
    EXPECT_EQ(now.next_start_time.has_value(),
              now.state == DaemonState::kBackoff || (now.state == DaemonState::kHalted && trials_));
    CheckRateOfStarts();
  }

  // 4.
  void CheckRateOfStarts() {
    const int tried = web_.spawner.Spawned("web") + web_.spawner.Failed("web");
    if (trials_ || tried == std::exchange(checked_, tried)) return;
    const std::vector<FakeSpawner::Start> starts = web_.spawner.starts();
    std::vector<MonotonicTime> counted;
    for (size_t i = cleared_at_; i < starts.size(); ++i) {
      if (!starts[i].shortage) counted.push_back(starts[i].time);
    }
    const size_t most = std::max<int64_t>(1, max_retries_);
    for (size_t i = most; i < counted.size(); ++i) {
      EXPECT_GT(counted[i] - counted[i - most], retry_time_) << "too many starts in a window";
    }
  }

  void End() {
    const Answer end = web_.Do(Kind::kShutDown);
    answers_.push_back(end);
    web_.Advance(PickTime());
    web_.Do(Kind::kKill);
    web_.spawner.Unhang();
    web_.Advance(absl::Minutes(3));
    EXPECT_TRUE(web_.runner->finished());
    const int most_left = end.InAWord() == "UNKILLABLE" ? 1 : 0;
    EXPECT_LE(web_.spawner.Alive("web"), most_left);
    EXPECT_LE(web_.spawner.Spawned("web") - web_.spawner.Reaped("web"), most_left);
    for (const Answer& answer : answers_) EXPECT_EQ(answer.count(), 1);
  }

  std::mt19937 random_;
  DaemonSpec spec_;
  size_t max_retries_ = 0;
  absl::Duration retry_time_;
  bool trials_ = false;
  RunnerHarness web_;
  std::vector<Answer> answers_;
  // How many spawns had been tried when the history was cleared last.
  size_t cleared_at_ = 0;
  // How many spawns had been tried when their rate was checked last.
  int checked_ = 0;
  // A process has ended, and the runner has had no chance to notice.
  bool unnoticed_ = false;
};

TEST(DaemonRunnerRandomTest, NoHistoryBreaksAnInvariant) {
  // The journal would write a million lines.
  FLAGS_minloglevel = google::GLOG_FATAL;
  for (int seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomRun(seed).Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace hob
