#ifndef HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_
#define HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"

namespace hob {

// A child of this process, identified by its pidfd, so that signals and waits never hit another
// process with the same pid. Used by one thread at a time, not necessarily the thread that created
// the child.
class MainProcess {
 public:
  MainProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  // Reaps the process if it has ended.
  ~MainProcess();

  MainProcess(const MainProcess&) = delete;
  MainProcess& operator=(const MainProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Returns a descriptor that is readable once the process has ended; -1 after it is reaped.
  int pidfd() const { return pidfd_.get(); }

  bool is_reaped() const { return !pidfd_.ok(); }

  // True if the process has ended, reaped or not.
  bool HasEnded() const;

  // Returns the end of the process; absent while it lives and after it is reaped. Leaves a zombie,
  // which reserves the pid, and the session and group numbers equal to it.
  absl::optional<ReapedProcess> Peek() const;

  // Like Peek, and reaps the process.
  absl::optional<ReapedProcess> Reap();

  // Sends the signals in order. Returns NotFound if the process has already ended, but not if one
  // of the signals ends it.
  absl::Status Signal(absl::Span<const int> signals) const;
  absl::Status Signal(int signal) const { return Signal(absl::MakeConstSpan(&signal, 1)); }

 private:
  absl::optional<ReapedProcess> Wait(int flags) const;

  const pid_t pid_;
  UniqueFd pidfd_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_
