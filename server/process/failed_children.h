#ifndef HOB_SERVER_PROCESS_FAILED_CHILDREN_H_
#define HOB_SERVER_PROCESS_FAILED_CHILDREN_H_

#include <mutex>
#include <vector>

#include "server/posix/unique_fd.h"

namespace hob {

// Children that never became a daemon, until they are reaped. Thread-safe.
class FailedChildren {
 public:
  FailedChildren() = default;
  ~FailedChildren() { ReapLate(); }

  FailedChildren(const FailedChildren&) = delete;
  FailedChildren& operator=(const FailedChildren&) = delete;

  // Reaps a child that ends just now. Blocks for a second at most: what hangs in the kernel for
  // longer, or cannot be waited for, is left to ReapLate.
  void Reap(UniqueFd pidfd);

  // Reaps what has ended of those that were left. Never blocks.
  void ReapLate();

 private:
  std::mutex mu_;
  // Pidfds; guarded by mu_.
  std::vector<UniqueFd> late_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_FAILED_CHILDREN_H_
