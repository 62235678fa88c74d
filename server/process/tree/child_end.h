#ifndef HOB_SERVER_PROCESS_TREE_CHILD_END_H_
#define HOB_SERVER_PROCESS_TREE_CHILD_END_H_

#include "absl/types/optional.h"
#include "server/process/process.h"

namespace hob {

// Returns the end of the process and reaps it. Absent while it lives, and if it is not, or is no
// longer, a child of this process. `flags` for waitid(2) may be 0, or WNOWAIT to leave a zombie.
// Never blocks.
absl::optional<ReapedProcess> WaitForChildEnd(int pidfd, int flags);

// Returns the end of a process that its parent, whichever process that is, has reaped; without
// resource usage. Absent until the process is reaped, and always before Linux 6.15.
absl::optional<ReapedProcess> ReadEndOfReaped(int pidfd);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CHILD_END_H_
