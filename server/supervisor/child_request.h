#ifndef HOB_SERVER_SUPERVISOR_CHILD_REQUEST_H_
#define HOB_SERVER_SUPERVISOR_CHILD_REQUEST_H_

#include <string>
#include <vector>

#include "absl/types/variant.h"
#include "server/daemon/daemon_spec.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/identity.h"
#include "server/process/process.h"

namespace hob {

// What all children have in common.
struct ChildDefaults {
  // "KEY=VALUE" each: InheritedEnvironment of the server's own.
  std::vector<std::string> environment;
  // Where the sockets of daemons with `ready = notify` lie.
  std::string notify_dir;
  // Where the FIFOs lie that daemons write to.
  std::string fifo_dir;
  // The server's own identity: daemons with the same one are started as they are.
  Identity identity = Identity::OfThisProcess();
};

// `server_environment` ("KEY=VALUE" each) less what is meant for the server alone: NOTIFY_SOCKET,
// LISTEN_*, WATCHDOG_*, HOB_*, GRPC_*, GLOG_*.
std::vector<std::string> InheritedEnvironment(const std::vector<std::string>& server_environment);

// Turns what a daemon is told to be into what is to be spawned. Reads `env_file` where there is
// one: a failure has the stage "env_file". Credentials that the server cannot take on fail with the
// stage "user". The request may refer to the environment in `defaults`.
absl::variant<SpawnRequest, SpawnFailure> MakeSpawnRequest(const DaemonSpec& spec,
                                                           const ChildDefaults& defaults);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_CHILD_REQUEST_H_
