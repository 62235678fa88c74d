#include "server/capacity.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "server/output/log_store.h"

namespace hob {
namespace {

constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();

// Descriptors besides the logs: slots for spawns (SpawnSlots), listeners, connections, and gRPC's
// own.
constexpr int64_t kOwnDescriptors = LogStore::kMaxDescriptors + 64 + 64;
// Threads of gRPC and of the server itself, and processes that check its health.
constexpr int64_t kOwnProcesses = 64;
constexpr int64_t kOwnMappings = 1024;
// Includes the answers to many concurrent calls.
constexpr int64_t kOwnMemory = 32 << 20;

// A stack and its guard page.
constexpr int64_t kMappingsOfDaemon = 2;
// Measured: see server/README.md.
constexpr int64_t kMemoryOfDaemon = 16 << 10;

// Returns the descriptors of a running daemon: its pidfd, the FIFOs of logged streams, and its
// readiness channel.
int64_t DescriptorsOf(const DaemonSpec& daemon) {
  return 1 + (daemon.stdout_mode == OutputMode::kLog) + (daemon.stderr_mode == OutputMode::kLog) +
         (daemon.ready != ReadyMode::kNone);
}

// Returns the number in a kernel file; absent if there is none (such as "max").
absl::optional<int64_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  if (file >> number) return number;
  return absl::nullopt;
}

int64_t LimitOf(int resource) {
  rlimit limit = {};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY) {
    return kUnbounded;
  }
  return static_cast<int64_t>(limit.rlim_cur);
}

// Returns memory plus swap, bytes.
int64_t MemoryOfMachine() {
  std::ifstream file("/proc/meminfo");
  int64_t total = 0;
  std::string key, rest;
  int64_t kibibytes = 0;
  while (file >> key >> kibibytes && std::getline(file, rest)) {
    if (key == "MemTotal:" || key == "SwapTotal:") total += kibibytes * 1024;
  }
  return total == 0 ? kUnbounded : total;
}

int64_t ProcessesOfMachine() {
  int64_t max = kUnbounded;
  for (const char* path : {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"}) {
    max = std::min(max, ReadNumber(path).value_or(kUnbounded));
  }
  // The kernel exempts root from this limit.
  return geteuid() == 0 ? max : std::min(max, LimitOf(RLIMIT_NPROC));
}

// Returns a sentence about a shortage; empty if there is none.
std::string Shortage(const std::string& what, int64_t needed, int64_t available,
                     const std::string& remedy) {
  if (needed <= available) return "";
  return absl::StrCat("they need ", needed, " ", what, ", but only ", available,
                      " are available: raise ", remedy, " to at least ", needed);
}

}  // namespace

Capacity Capacity::NeededFor(const DaemonSpecs& daemons) {
  Capacity needed = {kOwnDescriptors, kOwnProcesses, kOwnMappings, kOwnMemory};
  for (const auto& [name, daemon] : daemons) {
    needed.descriptors += DescriptorsOf(*daemon);
    // The child and the worker.
    needed.processes += 2;
    needed.mappings += kMappingsOfDaemon;
    needed.memory += kMemoryOfDaemon;
  }
  return needed;
}

Capacity Capacity::OfMachine() {
  return {LimitOf(RLIMIT_NOFILE), ProcessesOfMachine(),
          ReadNumber("/proc/sys/vm/max_map_count").value_or(kUnbounded), MemoryOfMachine()};
}

absl::Status CheckFits(const DaemonSpecs& daemons, const Capacity& available) {
  const Capacity needed = Capacity::NeededFor(daemons);
  std::vector<std::string> shortages = {
      Shortage("descriptors", needed.descriptors, available.descriptors,
               "the hard limit of open files (ulimit -Hn, LimitNOFILE=)"),
      Shortage("processes and threads", needed.processes, available.processes,
               "the limits of processes (ulimit -u, TasksMax=, kernel.pid_max, "
               "kernel.threads-max)"),
      Shortage("mappings of memory", needed.mappings, available.mappings, "vm.max_map_count"),
      Shortage("bytes of memory", needed.memory, available.memory, "memory or swap"),
  };
  shortages.erase(std::remove(shortages.begin(), shortages.end(), ""), shortages.end());
  if (shortages.empty()) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "this machine has no room for ", daemons.size(),
      daemons.size() == 1 ? " daemon: " : " daemons: ", absl::StrJoin(shortages, "; ")));
}

LoadedConfig LoadConfigThatFits(const std::vector<std::string>& paths, const Capacity& available) {
  LoadedConfig loaded = LoadConfig(paths);
  if (!loaded.ok()) return loaded;
  const absl::Status fits = CheckFits(loaded.config.daemons, available);
  if (!fits.ok()) {
    // No single line is at fault.
    loaded.errors.push_back({absl::StrJoin(paths, ", "), 0, std::string(fits.message())});
  }
  return loaded;
}

}  // namespace hob
