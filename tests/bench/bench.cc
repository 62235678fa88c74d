// Benchmarks hobd against a bare loop that does nothing but keep children up.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/answerer.h"
#include "tests/bench/api.h"
#include "tests/bench/contender.h"
#include "tests/bench/figures.h"
#include "tests/bench/life.h"
#include "tests/bench/load.h"
#include "tests/bench/proc_figures.h"
#include "tests/bench/report.h"

namespace hob {
namespace bench {
namespace {

constexpr char kAbout[] =
    "Measures hobd and hob against a bare loop (one thread; pidfds, FIFOs, clone3 with a shared "
    "table of descriptors) that starts the same children, and the orderly stop also against a "
    "program with only a thread and a control group for each child.\n\n"
    "To reproduce the README's figures, on an otherwise idle machine:\n\n"
    "  bazel run --config=release //tests/bench\n\n"
    "A round is one life of each: boot, rest, single kills, all killed at once, calls, orderly "
    "stop. They take turns, so that all meet the same noise; only ratios within one run are "
    "meaningful. Output is captured, and all settings have their defaults, except for a throttle "
    "window in which hobd never gives up.\n\n"
    "With --busy an endless loop runs on every processor during each round. Loops, server and "
    "callers then share the session of the benchmark. If the kernel divides processors among "
    "sessions, a server with a session of its own gets half of each processor despite the loops; "
    "one session is the harder case, as in a container. The daemons still lead sessions of their "
    "own.\n\n"
    "With --relations it measures hobd beside itself: the boot of a chain of daemons and of all "
    "behind the first, beside that of the same daemons without dependencies; the processor time of "
    "an HTTP check for each daemon; and that of an attempt of an exec check, beside a restart.";

// The interval of checks, in seconds: hob's default.
constexpr double kCheckInterval = 10;

struct Plan {
  Contender::Programs programs;
  std::string directory = "/dev/shm";
  std::vector<int> daemons = {1, 100, 1000, 5000};
  int rounds = 5;
  int restarts = 50;
  int calls = 200;
  int runs = 20;
  int callers = 200;
  int crash_loop = 50;
  double idle_seconds = 10;
  bool sessions = false;
  bool busy = false;
  bool relations = false;
};

absl::Status MeasureApi(const Plan& plan, Contender& hobd, Measured& measured) {
  absl::Status status;
  if (plan.calls > 0) status = MeasureCalls(hobd, plan.calls, measured);
  if (status.ok() && plan.runs > 0) {
    status = MeasureCommandLine(hobd, plan.programs.hob, plan.runs, measured);
  }
  if (status.ok() && plan.callers > 0) {
    status = MeasureCrashUnderCalls(hobd, plan.callers, measured);
  }
  return status;
}

Contender::Options OptionsFor(const Plan& plan, Contender::Kind kind, int daemons) {
  Contender::Options options;
  options.programs = plan.programs;
  options.kind = kind;
  options.daemons = daemons;
  options.directory = plan.directory;
  options.hide_control_groups = plan.sessions;
  return options;
}

// One life of bare_threads; measures only its end.
absl::Status ThreadsRound(const Plan& plan, int daemons, Results& results) {
  auto contender = Contender::Launch(OptionsFor(plan, Contender::Kind::kBareThreads, daemons));
  if (!contender.ok()) return contender.status();
  Measured measured;
  absl::Status status = MeasureBoot(**contender, measured);
  if (status.ok()) status = MeasureCrash(**contender, measured);
  if (status.ok()) status = MeasureEnd(**contender, measured);
  if (!status.ok()) return status;
  results.bare_loop[Figure::kStopBesideThreads].Add(measured[Figure::kStop].Median());
  return status;
}

// One life of hobd or of the bare loop.
absl::Status Round(const Plan& plan, Contender::Kind kind, int daemons, bool idle,
                   Measured& measured) {
  auto contender = Contender::Launch(OptionsFor(plan, kind, daemons));
  if (!contender.ok()) return contender.status();
  absl::Status status = MeasureBoot(**contender, measured);
  if (status.ok() && idle) {
    status = MeasureIdle(**contender, absl::Seconds(plan.idle_seconds), measured);
  }
  if (status.ok()) status = MeasureRestarts(**contender, plan.restarts, measured);
  if (status.ok()) status = MeasureCrash(**contender, measured);
  if (status.ok() && kind == Contender::Kind::kHobd) {
    status = MeasureApi(plan, **contender, measured);
  }
  if (status.ok()) status = MeasureEnd(**contender, measured);
  return status;
}

absl::Status AllRounds(const Plan& plan, int daemons, Results& results) {
  using Kind = Contender::Kind;
  for (int round = 0; round < plan.rounds; ++round) {
    std::cerr << daemons << " daemons, round " << round + 1 << " of " << plan.rounds << "\n";
    const bool idle = round == 0 && plan.idle_seconds > 0;
    // Rotate the order: later contenders find the machine warm.
    for (int turn = 0; turn < 3; ++turn) {
      absl::Status status;
      switch ((round + turn) % 3) {
        case 0:
          status = Round(plan, Kind::kBareLoop, daemons, idle, results.bare_loop);
          break;
        case 1:
          status = Round(plan, Kind::kHobd, daemons, idle, results.hobd);
          break;
        default:
          status = ThreadsRound(plan, daemons, results);
      }
      if (!status.ok()) return status;
    }
  }
  results.hobd[Figure::kStopBesideThreads] = results.hobd[Figure::kStop];
  return absl::OkStatus();
}

// One life of hobd or of bare_threads under load.
absl::Status BusyRound(const Plan& plan, Contender::Kind kind, int daemons, Results& results) {
  Load load;
  if (absl::Status status = load.Begin(); !status.ok()) return status;
  Contender::Options options = OptionsFor(plan, kind, daemons);
  options.own_session = false;
  auto contender = Contender::Launch(options);
  if (!contender.ok()) return contender.status();
  Measured life;
  absl::Status status = MeasureBoot(**contender, life);
  if (!status.ok()) return status;
  const absl::StatusOr<ThreadUse> use = UseOfThreads((*contender)->pid());
  if (!use.ok()) return use.status();
  status = MeasureCrash(**contender, life);
  if (status.ok() && kind == Contender::Kind::kHobd) {
    status = MeasureListBeside(**contender, plan.programs.hob, plan.programs.empty, plan.runs,
                               results.hobd[Figure::kBusyHobList],
                               results.bare_loop[Figure::kBusyHobList]);
  }
  if (status.ok()) status = MeasureEnd(**contender, life);
  if (!status.ok()) return status;
  Measured& measured = kind == Contender::Kind::kHobd ? results.hobd : results.bare_loop;
  measured[Figure::kBusyBoot].Add(life[Figure::kBoot].Median());
  measured[Figure::kBusyBootCpu].Add(use->cpu() / 1e6);
  measured[Figure::kBusyBootSwitches].Add(use->supervision.wakeups + use->grpc.wakeups);
  measured[Figure::kBusyCrash].Add(life[Figure::kCrash].Median());
  return absl::OkStatus();
}

absl::Status AllBusyRounds(const Plan& plan, int daemons, Results& results) {
  using Kind = Contender::Kind;
  for (int round = 0; round < plan.rounds; ++round) {
    std::cerr << daemons << " daemons, busy round " << round + 1 << " of " << plan.rounds << "\n";
    for (int turn = 0; turn < 2; ++turn) {
      const Kind kind = (round + turn) % 2 == 0 ? Kind::kBareThreads : Kind::kHobd;
      if (absl::Status status = BusyRound(plan, kind, daemons, results); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

// One life of hobd with dependencies of this shape. Returns the time of its boot, milliseconds.
absl::StatusOr<double> BootInShape(const Plan& plan, Contender::Shape shape, int daemons) {
  Contender::Options options = OptionsFor(plan, Contender::Kind::kHobd, daemons);
  options.shape = shape;
  auto contender = Contender::Launch(options);
  if (!contender.ok()) return contender.status();
  Measured life;
  absl::Status status = MeasureBoot(**contender, life);
  if (status.ok()) status = MeasureEnd(**contender, life);
  if (!status.ok()) return status;
  return life[Figure::kBoot].Median();
}

// One life of hobd whose daemons have this check. Returns the processor time of an idle hobd, in
// percent of a core.
absl::StatusOr<double> IdleWithCheck(const Plan& plan, const std::string& check, int daemons) {
  Contender::Options options = OptionsFor(plan, Contender::Kind::kHobd, daemons);
  options.check = check;
  auto contender = Contender::Launch(options);
  if (!contender.ok()) return contender.status();
  // With checks it is never quiet, which other measurements wait for.
  Measured life;
  absl::Status status = (*contender)->WaitForBoot();
  if (status.ok()) {
    status = MeasureIdle(**contender, absl::Seconds(plan.idle_seconds), life);
  }
  if (status.ok()) status = (*contender)->Stop().status();
  if (!status.ok()) return status;
  return life[Figure::kIdleCpu].Median() / (plan.idle_seconds * 1000) * 100;
}

// One life of hobd, in which all daemons are killed. Returns its processor time for each restart,
// microseconds.
absl::StatusOr<double> CostOfRestart(const Plan& plan, int daemons) {
  auto contender = Contender::Launch(OptionsFor(plan, Contender::Kind::kHobd, daemons));
  if (!contender.ok()) return contender.status();
  Measured life;
  absl::Status status = MeasureBoot(**contender, life);
  const absl::StatusOr<ThreadUse> before = UseOfThreads((*contender)->pid());
  if (status.ok()) status = MeasureCrash(**contender, life);
  const absl::StatusOr<ThreadUse> after = UseOfThreads((*contender)->pid());
  if (status.ok()) status = MeasureEnd(**contender, life);
  status.Update(before.status());
  status.Update(after.status());
  if (!status.ok()) return status;
  return static_cast<double>(after->cpu() - before->cpu()) / 1000 / daemons;
}

absl::Status AllRelationRounds(const Plan& plan, int daemons, Results& results) {
  using Shape = Contender::Shape;
  const absl::StatusOr<std::unique_ptr<Answerer>> answerer = Answerer::Begin();
  if (!answerer.ok()) return answerer.status();
  for (int round = 0; round < plan.rounds; ++round) {
    std::cerr << daemons << " daemons, round " << round + 1 << " of " << plan.rounds << "\n";
    for (int turn = 0; turn < 3; ++turn) {
      const Shape shape = std::array<Shape, 3>{Shape::kFlat, Shape::kChain,
                                               Shape::kBehindFirst}[(round + turn) % 3];
      const absl::StatusOr<double> boot = BootInShape(plan, shape, daemons);
      if (!boot.ok()) return boot.status();
      if (shape == Shape::kChain) results.hobd[Figure::kChainBoot].Add(*boot);
      if (shape == Shape::kBehindFirst) results.hobd[Figure::kBehindFirstBoot].Add(*boot);
      if (shape != Shape::kFlat) continue;
      results.bare_loop[Figure::kChainBoot].Add(*boot);
      results.bare_loop[Figure::kBehindFirstBoot].Add(*boot);
    }
    if (plan.idle_seconds <= 0) continue;
    for (const bool is_checked : {round % 2 == 0, round % 2 != 0}) {
      const absl::StatusOr<double> cpu =
          IdleWithCheck(plan, is_checked ? (*answerer)->url() : "", daemons);
      if (!cpu.ok()) return cpu.status();
      (is_checked ? results.hobd : results.bare_loop)[Figure::kCheckCpu].Add(*cpu);
    }
    const absl::StatusOr<double> restart = CostOfRestart(plan, daemons);
    if (!restart.ok()) return restart.status();
    results.bare_loop[Figure::kExecCheckCost].Add(*restart);
    const absl::StatusOr<double> percent = IdleWithCheck(plan, "exec:/bin/true", daemons);
    if (!percent.ok()) return percent.status();
    const double micros_per_second = *percent / 100 * 1e6;
    results.hobd[Figure::kExecCheckCost].Add(micros_per_second * kCheckInterval / daemons);
  }
  return absl::OkStatus();
}

absl::Status CrashLoop(const Plan& plan, Results& results) {
  Contender::Options options = OptionsFor(plan, Contender::Kind::kHobd, plan.crash_loop);
  options.crash_loop = true;
  for (int round = 0; round < plan.rounds; ++round) {
    auto contender = Contender::Launch(options);
    if (!contender.ok()) return contender.status();
    absl::Status status =
        MeasureCrashLoop(**contender, absl::Seconds(plan.idle_seconds), results.hobd);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

int Run(const Plan& plan) {
  const std::vector<FigureDescription> figures = AllFigures(plan.crash_loop);
  PrintMachine(std::cout);
  AllResults results;
  for (const int daemons : plan.daemons) {
    const auto measure = plan.relations ? AllRelationRounds : plan.busy ? AllBusyRounds : AllRounds;
    const absl::Status status = measure(plan, daemons, results[daemons]);
    PrintTable(daemons, results[daemons], figures, std::cout);
    std::cout.flush();
    if (status.ok()) continue;
    std::cerr << "bench: " << status.message() << "\n";
    return 1;
  }
  if (plan.busy || plan.relations) return 0;
  PrintCurve(results, std::cout);
  if (plan.crash_loop == 0) return 0;
  Results looping;
  const absl::Status status = CrashLoop(plan, looping);
  PrintTable(plan.crash_loop, looping, figures, std::cout);
  if (status.ok()) return 0;
  std::cerr << "bench: " << status.message() << "\n";
  return 1;
}

void AddOptions(CLI::App& app, Plan& plan) {
  app.add_option("--daemons", plan.daemons, "numbers of daemons, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(1, 5000))
      ->capture_default_str();
  app.add_option("--rounds", plan.rounds, "lives of each contender")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--restarts", plan.restarts, "single kills per round")->capture_default_str();
  app.add_option("--idle", plan.idle_seconds,
                 "seconds to watch an idle server, in the first round; 0: none")
      ->capture_default_str();
  app.add_option("--calls", plan.calls, "calls of each kind per round; 0: none")
      ->capture_default_str();
  app.add_option("--runs", plan.runs, "runs of hob of each kind per round; 0: none")
      ->capture_default_str();
  app.add_option("--callers", plan.callers, "parallel callers during a crash of all; 0: none")
      ->capture_default_str();
  app.add_option("--crash-loop", plan.crash_loop, "daemons that end at once; 0: none")
      ->capture_default_str();
  app.add_flag("--sessions", plan.sessions,
               "hide the control groups, so that hobd contains daemons by sessions (root only)");
  app.add_flag("--busy", plan.busy,
               "keep all processors busy, and measure only boot, crash and `hob list`");
  app.add_flag("--relations", plan.relations,
               "measure boots of daemons that depend on each other, and checks");
  app.add_option("--directory", plan.directory, "where to write all files")->capture_default_str();
  app.add_option("--hobd", plan.programs.hobd, "the server")->required();
  app.add_option("--hob", plan.programs.hob, "the command line")->required();
  app.add_option("--bare-loop", plan.programs.bare_loop, "the bare loop")->required();
  app.add_option("--bare-threads", plan.programs.bare_threads, "the bare threads")->required();
  app.add_option("--child", plan.programs.child, "the child")->required();
  app.add_option("--empty", plan.programs.empty, "a program that does nothing")->required();
}

// Makes the paths absolute, because children start in another directory.
void MakeAbsolute(Contender::Programs& programs) {
  char directory[4096];
  if (getcwd(directory, sizeof(directory)) == nullptr) return;
  for (std::string* path : {&programs.hobd, &programs.hob, &programs.bare_loop,
                            &programs.bare_threads, &programs.child, &programs.empty}) {
    if ((*path)[0] != '/') *path = std::string(directory) + "/" + *path;
  }
}

}  // namespace
}  // namespace bench
}  // namespace hob

int main(int argc, char** argv) {
  CLI::App app(hob::bench::kAbout, "bench");
  hob::bench::Plan plan;
  hob::bench::AddOptions(app, plan);
  CLI11_PARSE(app, argc, argv);
  hob::bench::MakeAbsolute(plan.programs);
  return hob::bench::Run(plan);
}
