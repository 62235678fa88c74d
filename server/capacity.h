#ifndef HOB_SERVER_CAPACITY_H_
#define HOB_SERVER_CAPACITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace hob {

// What the machine has room for, or what daemons need of it. A daemon is planned to be up, with its
// child and its worker's thread.
struct Capacity {
  // Open descriptors of the server.
  int64_t descriptors = 0;
  // Processes and threads, which share their numbers.
  int64_t processes = 0;
  // Pieces of the server's address space.
  int64_t mappings = 0;
  // Of the server, bytes.
  int64_t memory = 0;

  // What `daemons` need, together with the server itself.
  static Capacity NeededFor(const DaemonSpecs& daemons);

  // What there is: the limits of this process, once RaiseDescriptorLimit has raised them, and those
  // of the kernel. What cannot be found out is without bound.
  static Capacity OfMachine();
};

// OK when what `daemons` need is there; else ResourceExhausted with what to raise, and to what: the
// place to refuse daemons is the load of their configuration, and not the start of number 9,996.
absl::Status CheckFits(const DaemonSpecs& daemons, const Capacity& available);

// LoadConfig, where daemons that do not fit are an error of the configuration too.
LoadedConfig LoadConfigThatFits(const std::vector<std::string>& paths, const Capacity& available);

}  // namespace hob

#endif  // HOB_SERVER_CAPACITY_H_
