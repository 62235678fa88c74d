#ifndef HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_
#define HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_

#include "absl/time/time.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {

// Blocks until the exec helper behind `pidfd` has become the daemon, has reported an error on
// `status_fd` or has ended, but at most `timeout`. Returns the failed step, or kNone if no step
// failed; kNone also if the helper was killed, because that counts as an ordinary end. After the
// timeout, kills the helper and returns {kExec, ETIMEDOUT}; does the same with another errno if the
// helper's status cannot be read. `status_fd` must be non-blocking.
SpawnStep AwaitHelper(int status_fd, int pidfd, absl::Duration timeout);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_
