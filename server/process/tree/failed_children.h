#ifndef HOB_SERVER_PROCESS_TREE_FAILED_CHILDREN_H_
#define HOB_SERVER_PROCESS_TREE_FAILED_CHILDREN_H_

#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/posix/unique_fd.h"
#include "server/sync/mutex.h"

namespace hob {

// Holds children that failed before they became a daemon, until they are reaped. Thread-safe.
class FailedChildren {
 public:
  FailedChildren() = default;
  ~FailedChildren() { ReapLate(); }

  FailedChildren(const FailedChildren&) = delete;
  FailedChildren& operator=(const FailedChildren&) = delete;

  // Reaps a child that is about to end. Blocks for at most one second; leaves a child that hangs in
  // the kernel for longer, or cannot be waited for, to ReapLate.
  void Reap(UniqueFd pidfd) ABSL_LOCKS_EXCLUDED(mu_);

  // Reaps the children that have ended. Never blocks.
  void ReapLate() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  // Pidfds.
  std::vector<UniqueFd> late_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_FAILED_CHILDREN_H_
