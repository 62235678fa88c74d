// Measures the life cycle (spawn, exec, end, reap) of the smallest program: with bare kernel calls,
// and through ProcessSpawner with each kind of containment, with few and with many descriptors
// open.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "server/posix/raw_clone.h"
#include "server/posix/unique_fd.h"
#include "server/process/spawn/process_spawner.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {
namespace {

std::string program;

// If true, the variant with bare kernel calls gives the child a session too.
bool with_session = false;

std::vector<UniqueFd> OpenMany(int count) {
  std::vector<UniqueFd> descriptors;
  for (int i = 0; i < count; ++i) descriptors.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return descriptors;
}

[[noreturn]] void ExecuteProgram(void*) {
  syscall(SYS_close_range, 3, ~0U, 1U << 1);
  if (with_session) syscall(SYS_setsid);
  const char* const argv[] = {program.c_str(), nullptr};
  const char* const environment[] = {nullptr};
  syscall(SYS_execve, program.c_str(), argv, environment);
  for (;;) syscall(SYS_exit_group, 127);
}

void BM_KernelAlone(benchmark::State& state) {
  const std::vector<UniqueFd> descriptors = OpenMany(static_cast<int>(state.range(0)));
  with_session = state.range(1) != 0;
  state.SetLabel(with_session ? "with setsid" : "");
  for (auto _ : state) {
    int number = -1;
    if (RawClone(-1, &ExecuteProgram, nullptr, &number) < 0) state.SkipWithError("clone");
    const UniqueFd pidfd(number);
    struct pollfd poller = {number, POLLIN, 0};
    poll(&poller, 1, -1);
    siginfo_t info;
    waitid(P_PIDFD, number, &info, WEXITED);
  }
}

void BM_Spawner(benchmark::State& state) {
  std::string run_dir = "/tmp/spawn_benchmarkXXXXXX";
  if (mkdtemp(&run_dir[0]) == nullptr) abort();
  ProcessSpawner::Options options;
  options.run_dir = run_dir;
  options.control_groups = state.range(1) != 0;
  auto spawner = ProcessSpawner::Create(options);
  if (!spawner.ok()) abort();
  const std::vector<UniqueFd> descriptors = OpenMany(static_cast<int>(state.range(0)));
  SpawnRequest request;
  request.name = "web";
  request.argv = {program};
  request.environment = {"HOB_DAEMON=web"};
  request.stdin_target.kind = StdioTarget::Kind::kHold;
  for (auto _ : state) {
    SpawnResult result = (*spawner)->Spawn(request);
    Instance& instance = *absl::get<std::unique_ptr<Instance>>(result);
    struct pollfd poller = {instance.exit_fd(), POLLIN, 0};
    poll(&poller, 1, -1);
    if (!instance.TryReap().has_value()) state.SkipWithError("not reaped");
    while (!instance.IsGone()) {
      struct pollfd tree = {instance.tree_fd(), POLLPRI, 0};
      poll(&tree, 1, -1);
      state.counters["waits_for_tree"] += 1;
    }
  }
  state.SetLabel(std::string(ContainmentModeName((*spawner)->containment().mode)));
  spawner->reset();
  rmdir(run_dir.c_str());
}

void BM_StopByTerm(benchmark::State& state) {
  std::string run_dir = "/tmp/spawn_benchmarkXXXXXX";
  if (mkdtemp(&run_dir[0]) == nullptr) abort();
  ProcessSpawner::Options options;
  options.run_dir = run_dir;
  options.control_groups = state.range(0) != 0;
  auto spawner = ProcessSpawner::Create(options);
  if (!spawner.ok()) abort();
  SpawnRequest request;
  request.name = "web";
  request.argv = {"/bin/sleep", "1000"};
  request.environment = {"HOB_DAEMON=web"};
  SpawnResult result = (*spawner)->Spawn(request);
  Instance& instance = *absl::get<std::unique_ptr<Instance>>(result);
  // Signal 0 has no effect, so the loop measures the cost of finding the tree.
  for (auto _ : state) benchmark::DoNotOptimize(instance.SignalTree(0));
  benchmark::DoNotOptimize(instance.SignalTree(9));
  struct pollfd poller = {instance.exit_fd(), POLLIN, 0};
  poll(&poller, 1, -1);
  benchmark::DoNotOptimize(instance.TryReap());
  state.SetLabel(std::string(ContainmentModeName((*spawner)->containment().mode)));
  result = SpawnFailure{};
  spawner->reset();
  rmdir(run_dir.c_str());
}

BENCHMARK(BM_KernelAlone)->ArgsProduct({{20, 10000}, {0, 1}})->UseRealTime();
BENCHMARK(BM_Spawner)->ArgsProduct({{20, 10000}, {0, 1}})->UseRealTime();
BENCHMARK(BM_StopByTerm)->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace hob

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  char directory[PATH_MAX];
  hob::program =
      std::string(getcwd(directory, sizeof(directory))) + "/server/process/testcases/nothing";
  if (!hob::StrayReaper::BecomeSubreaper().ok()) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
