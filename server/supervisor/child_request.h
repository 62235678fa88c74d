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

// Holds the settings that all children share. A plain value.
struct ChildDefaults {
  // The environment of every child, "KEY=VALUE" each: InheritedEnvironment of the server's own.
  std::vector<std::string> environment;
  // Directory of the sockets of daemons with `ready = notify`.
  std::string notify_dir;
  // Directory of the FIFOs that daemons write their output to.
  std::string fifo_dir;
  // The server's own identity. A daemon with the same identity starts without a change of ids.
  Identity identity = Identity::OfThisProcess();
};

// Returns `server_environment` ("KEY=VALUE" each) without the variables meant for the server alone:
// NOTIFY_SOCKET, LISTEN_*, WATCHDOG_*, HOB_*, GRPC_*, GLOG_*.
std::vector<std::string> InheritedEnvironment(const std::vector<std::string>& server_environment);

// Returns the request that spawns a daemon with the settings `spec`. Reads `env_file` if one is
// set; a failure has the stage "env_file". Fails with the stage "user" if the server cannot take on
// the credentials. The request may refer to the environment in `defaults`.
absl::variant<SpawnRequest, SpawnFailure> MakeSpawnRequest(const DaemonSpec& spec,
                                                           const ChildDefaults& defaults);

// Returns the request to spawn the check program of a daemon with the settings `spec`: as for the
// daemon, without the variables for readiness, watchdog and sockets. Fails like MakeSpawnRequest.
// Precondition: the check is of kind kExec.
absl::variant<SpawnRequest, SpawnFailure> MakeCheckRequest(const DaemonSpec& spec,
                                                           const ChildDefaults& defaults);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_CHILD_REQUEST_H_
