#ifndef HOB_SERVER_PROCESS_TREE_CHILD_END_H_
#define HOB_SERVER_PROCESS_TREE_CHILD_END_H_

#include "absl/types/optional.h"
#include "server/process/process.h"

namespace hob {

// Returns how the process ended and reaps it. Absent while it lives, and when it is no child of
// this process (any more). `flags` of waitid(2) may be 0 or WNOWAIT, which leaves it a zombie.
// Never blocks.
absl::optional<ReapedProcess> WaitForChildEnd(int pidfd, int flags);

// Returns how a process ended that its parent, whoever that is, has reaped; without what it used.
// Absent while it is not reaped, and before Linux 6.15.
absl::optional<ReapedProcess> ReadEndOfReaped(int pidfd);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CHILD_END_H_
