#ifndef HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_
#define HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_

#include "absl/time/time.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {

// Blocks until the exec helper behind `pidfd` has become the daemon, said on `status_fd` why it
// cannot, or ended, at most `timeout`. Returns the failed step; kNone when there is none, also when
// the helper was killed: that is an end like any other. {kExec, ETIMEDOUT} after the timeout, with
// the helper killed; the same with another errno where it cannot be told what the
// helper says. `status_fd` is non-blocking.
SpawnStep AwaitHelper(int status_fd, int pidfd, absl::Duration timeout);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_HELPER_STATUS_H_
