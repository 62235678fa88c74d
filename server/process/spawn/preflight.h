#ifndef HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_
#define HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_

#include <string>

#include "absl/types/optional.h"
#include "server/daemon/exit_report.h"
#include "server/process/process.h"

namespace hob {

// Returns the failure that a spawn of `request` by this process would certainly hit now, worded
// like the failure of that spawn; absent if the spawn may succeed. `exec_helper` is the path of the
// helper for requests with credentials.
//
// Checks the working directory, the limits, the user, the helper, the program, and the interpreter
// or loader that the program names. Does not change credentials. A file system may grant the
// daemon's user access that it denies to this process, so a denial counts only if the daemon runs
// with this process's credentials. Blocks as long as a file system does not respond; run a
// FileProbe first.
absl::optional<SpawnFailure> ForeseeSpawnFailure(const SpawnRequest& request,
                                                 const std::string& exec_helper);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_
