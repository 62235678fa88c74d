#ifndef HOB_SERVER_PROCESS_TREE_ADOPTED_MAIN_H_
#define HOB_SERVER_PROCESS_TREE_ADOPTED_MAIN_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "server/posix/unique_fd.h"
#include "server/process/process.h"
#include "server/process/tree/main_process.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {

// A process that became the main process of an instance after the spawn (MAINPID= of sd_notify(3)).
// For example, a program that upgrades itself starts its successor and exits.
//
// The process is a child of the previous main process and becomes our stray when that one ends. The
// kernel then reports its end to the first waiter: this object or the stray reaper, which keeps the
// end for this object. While the process has another parent, its end may be an UnobservedEnd.
//
// Used by one thread at a time.
class AdoptedMain {
 public:
  // `pidfd` refers to `pid`, which must be alive. `strays` must outlive the object; if null, the
  // ends of strays are not kept.
  AdoptedMain(pid_t pid, UniqueFd pidfd, StrayReaper* strays);
  ~AdoptedMain();

  AdoptedMain(const AdoptedMain&) = delete;
  AdoptedMain& operator=(const AdoptedMain&) = delete;

  pid_t pid() const { return process_.pid(); }
  // Returns a descriptor that is readable once the process has ended; -1 after TryReap has returned
  // the end.
  int pidfd() const { return is_told_ ? -1 : pidfd_; }

  // Behaves like Instance::TryReap.
  absl::optional<ReapedProcess> TryReap();

  // Sends a signal. Returns NotFound if the process has ended.
  absl::Status Signal(int signal) const { return process_.Signal(signal); }

 private:
  MainProcess process_;
  const int pidfd_;
  StrayReaper* const strays_;
  bool is_told_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_ADOPTED_MAIN_H_
