#ifndef HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_
#define HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"

namespace hob {

// A child of ours, by its pidfd: no signal and no wait can hit another process that got the same
// pid. Used by one thread at a time, which need not be the one that made the
// child.
class MainProcess {
 public:
  MainProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  // Reaps it if it has ended by now.
  ~MainProcess();

  MainProcess(const MainProcess&) = delete;
  MainProcess& operator=(const MainProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Readable when it has ended; -1 once it is reaped.
  int pidfd() const { return pidfd_.get(); }

  bool is_reaped() const { return !pidfd_.ok(); }

  // Whether it has ended, reaped or not.
  bool HasEnded() const;

  // How it ended; absent while it lives and once it is reaped. Leaves it a zombie, which keeps its
  // pid, and with it its session's and its group's number, from being used again.
  absl::optional<ReapedProcess> Peek() const;

  // The same, and reaps it.
  absl::optional<ReapedProcess> Reap();

  // Sends the signals in order. NotFound when it has ended; its end by one of them is no error.
  absl::Status Signal(absl::Span<const int> signals) const;
  absl::Status Signal(int signal) const { return Signal(absl::MakeConstSpan(&signal, 1)); }

 private:
  absl::optional<ReapedProcess> Wait(int flags) const;

  const pid_t pid_;
  UniqueFd pidfd_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_MAIN_PROCESS_H_
