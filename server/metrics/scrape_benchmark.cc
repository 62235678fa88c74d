// Measures the cost of a scrape for the server, without HTTP: a page of many daemons, each with a
// log and figures of a process. Reading those figures is bounded (TreeMeter) and measured
// separately, with a real process.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/metrics/metrics_page.h"
#include "server/process/tree/tree_usage.h"

namespace hob {
namespace {

DaemonSnapshotPtr Daemon(int number) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = absl::StrCat("service-", number);
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->spec = std::move(spec);
  daemon->state = DaemonState::kRunning;
  daemon->wanted = true;
  daemon->ready = true;
  daemon->pid = getpid();
  daemon->start_time = absl::Now();
  EndedRun run;
  run.exit.time = Clock::Real().Now();
  daemon->runs = std::make_shared<const EndedRuns>(run, EndedRuns());
  return daemon;
}

TreeUsage Usage() {
  TreeUsage usage;
  usage.processes = 2;
  usage.cpu = absl::Seconds(1234) + absl::Microseconds(5678);
  usage.memory_bytes = 123456789;
  usage.open_descriptors = 20;
  return usage;
}

void BM_Page(benchmark::State& state) {
  Registry registry;
  LogStore logs({"/nonexistent", "/nonexistent"});
  std::vector<std::shared_ptr<std::atomic<int64_t>>> counters;
  for (int i = 0; i < state.range(0); ++i) {
    registry.Publish(Daemon(i));
    for (OutputStream stream : {OutputStream::kStdout, OutputStream::kStderr}) {
      counters.push_back(logs.CounterOf(absl::StrCat("service-", i), stream));
    }
  }
  const CallMeter calls(Clock::Real());
  MetricsPage::Sources sources;
  sources.registry = &registry;
  sources.logs = &logs;
  sources.trees.read = [](const std::string&, pid_t) { return Usage(); };
  sources.facts = [] { return ServerFacts(); };
  MetricsPage page(sources, calls);
  size_t size = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    size = page.Make().size();
    benchmark::DoNotOptimize(size);
  }
  state.counters["bytes"] = size;
}
BENCHMARK(BM_Page)->Arg(10)->Arg(100)->Arg(1000)->Arg(5000)->Unit(benchmark::kMillisecond);

// Reads a process as a session tree, as done for each daemon on machines without control groups.
void BM_ReadTree(benchmark::State& state) {
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(CountDescriptors(getpid()));
    benchmark::DoNotOptimize(ReadProcessStat(getpid()).ok());
    benchmark::DoNotOptimize(ReadChildren(getpid()).ok());
  }
}
BENCHMARK(BM_ReadTree)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hob

BENCHMARK_MAIN();
