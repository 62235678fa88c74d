#ifndef HOB_SERVER_CAPACITY_H_
#define HOB_SERVER_CAPACITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace hob {

// Resources that the machine has, or that daemons need. Daemons are planned as running, with child
// and worker thread.
struct Capacity {
  // Open descriptors of the server.
  int64_t descriptors = 0;
  // Processes and threads, which share one limit.
  int64_t processes = 0;
  // Memory mappings of the server.
  int64_t mappings = 0;
  // Memory of the server, bytes.
  int64_t memory = 0;

  // Returns the needs of `daemons`, including the server's own.
  static Capacity NeededFor(const DaemonSpecs& daemons);

  // Returns what the machine offers: the limits of this process, after RaiseDescriptorLimit, and
  // those of the kernel. An unknown resource counts as unlimited.
  static Capacity OfMachine();
};

// Returns OK if `available` covers the needs of `daemons`; else ResourceExhausted with the limit to
// raise and its new value. Checked when the configuration is loaded, so that daemons are rejected
// then and not at the start of number 9,996.
absl::Status CheckFits(const DaemonSpecs& daemons, const Capacity& available);

// Calls LoadConfig, and reports daemons that do not fit as an error of the configuration.
LoadedConfig LoadConfigThatFits(const std::vector<std::string>& paths, const Capacity& available);

}  // namespace hob

#endif  // HOB_SERVER_CAPACITY_H_
