#ifndef HOB_SERVER_CHECKS_ATTEMPT_H_
#define HOB_SERVER_CHECKS_ATTEMPT_H_

#include <poll.h>

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// One attempt at a check; begins at construction. Used by the prober's thread; never waits.
class Attempt {
 public:
  struct Answer {
    bool ok = false;
    // The finding, at most one line; untrusted text.
    std::string message;
    // True if the attempt does not count, because hobd lacks memory, descriptors or the like.
    bool is_shortage = false;
  };

  // Abandons an attempt that is not over.
  virtual ~Attempt() = default;

  // Returns the answer; absent if there is none yet.
  virtual absl::optional<Answer> Look() = 0;
  // Abandons the attempt: its answer no longer matters. Processes may remain until IsOver is true.
  virtual void Cancel() {}
  // True once nothing is left of it. Called after Look or Cancel.
  virtual bool IsOver() { return true; }

  // Appends the descriptors and returns the time at which to look again.
  virtual void AppendPollFds(std::vector<pollfd>& fds) { static_cast<void>(fds); }
  virtual MonotonicTime NextDeadline() const { return MonotonicTime::InfiniteFuture(); }
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_ATTEMPT_H_
