#ifndef HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_
#define HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_

#include <string>

#include "absl/types/optional.h"
#include "server/daemon/exit_report.h"
#include "server/process/process.h"

namespace hob {

// Returns the failure that a spawn of `request` by this process is certain to meet as things are
// now, in the words that the failed spawn would have; absent when it may succeed. `exec_helper` is
// the path of the helper that requests with credentials go through.
//
// Looks at the working directory, the limits, the user, the helper, the program, and the
// interpreter or loader that the program names. It does not change credentials, and what a file
// system denies to this process it may grant to the daemon's user, so a denial counts only where
// the daemon runs as this process does. Blocks as long as a file system does not answer: let a
// FileProbe look first.
absl::optional<SpawnFailure> ForeseeSpawnFailure(const SpawnRequest& request,
                                                 const std::string& exec_helper);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PREFLIGHT_H_
