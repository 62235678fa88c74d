#ifndef HOB_SERVER_CHECKS_ATTEMPT_H_
#define HOB_SERVER_CHECKS_ATTEMPT_H_

#include <poll.h>

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// One attempt of a check, from its construction on. Used by the prober's thread; never waits.
class Attempt {
 public:
  struct Answer {
    bool ok = false;
    // What it found, at most one line; untrusted text.
    std::string message;
    // True if it says nothing about the daemon, because hobd lacks memory, descriptors or the like.
    bool is_shortage = false;
  };

  // Abandons what is not over.
  virtual ~Attempt() = default;

  // Returns the answer; absent if there is none yet.
  virtual absl::optional<Answer> Look() = 0;
  // Abandons the attempt: its answer no longer matters. Something of it may be left until IsOver.
  virtual void Cancel() {}
  // True once nothing is left of it. Called after Look or Cancel.
  virtual bool IsOver() { return true; }

  // Appends the descriptors and returns the time at which to look again.
  virtual void AppendPollFds(std::vector<pollfd>& fds) { static_cast<void>(fds); }
  virtual MonotonicTime NextDeadline() const { return MonotonicTime::InfiniteFuture(); }
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_ATTEMPT_H_
