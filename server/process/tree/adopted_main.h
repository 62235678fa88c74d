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

// A process that became the main process of an instance after its spawn (MAINPID= of sd_notify(3)):
// a program that upgrades itself starts its successor and ends.
//
// Such a process is the child of the one before it, and becomes a stray of ours when that one ends.
// Its end is then told to whichever waits for it first, this object or the reaper of strays, which
// keeps it for us. As long as it has another parent, nobody tells us: the end may be UnobservedEnd.
//
// Used by one thread at a time.
class AdoptedMain {
 public:
  // `pidfd` stands for `pid`, which is alive. `strays` outlives the object; null: the ends of
  // strays are not kept.
  AdoptedMain(pid_t pid, UniqueFd pidfd, StrayReaper* strays);
  ~AdoptedMain();

  AdoptedMain(const AdoptedMain&) = delete;
  AdoptedMain& operator=(const AdoptedMain&) = delete;

  pid_t pid() const { return process_.pid(); }
  // Readable when it has ended; -1 once TryReap has told that.
  int pidfd() const { return is_told_ ? -1 : pidfd_; }

  // The same as Instance::TryReap.
  absl::optional<ReapedProcess> TryReap();

  // Sends a signal. NotFound when it has ended.
  absl::Status Signal(int signal) const { return process_.Signal(signal); }

 private:
  MainProcess process_;
  const int pidfd_;
  StrayReaper* const strays_;
  bool is_told_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_ADOPTED_MAIN_H_
