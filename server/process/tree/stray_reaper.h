#ifndef HOB_SERVER_PROCESS_TREE_STRAY_REAPER_H_
#define HOB_SERVER_PROCESS_TREE_STRAY_REAPER_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "server/process/process.h"
#include "server/sync/mutex.h"

namespace hob {

// Reaps what others leave behind: orphans that become children of this process because it is PID 1
// or a subreaper.
//
// It can never take a child that a worker made, by the way the kernel keeps
// children: each belongs to the thread that made it, and orphans are given to the first thread of
// the process, the one that runs main(). A wait with __WNOTHREAD sees those of the calling thread
// only. (An exit signal other than SIGCHLD, which an ordinary wait would not see, is no help:
// execve sets it back.) So two rules: ReapStrays is called by the main thread, and instances are
// made by other threads. The children of a thread that ends become the main thread's: a worker ends
// only when nothing of its daemon is alive, and if it does not, its child is a stray indeed.
class StrayReaper {
 public:
  // Asks the kernel to give orphaned descendants to this process instead of PID 1.
  static absl::Status BecomeSubreaper();

  // Reaps every stray that has ended and returns their number. To be called by the main thread
  // after each SIGCHLD, which may stand for many ends. Never blocks. FATAL on another thread.
  int ReapStrays() ABSL_LOCKS_EXCLUDED(mu_);

  // Strays reaped so far. Thread-safe.
  int64_t reaped() const { return reaped_.load(std::memory_order_relaxed); }

  // Keeps the end of the live process `pid` for TakeEnd, should it become a stray and be reaped
  // here. `pidfd` stands for it, and stays open until Forget. Thread-safe.
  void Keep(pid_t pid, int pidfd) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns how a process that is kept ended, reaping it where that was not done here. Absent while
  // it lives, and when it is the child of another process. Thread-safe.
  absl::optional<ReapedProcess> TakeEnd(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);

  // Ends what Keep began. Thread-safe.
  void Forget(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Kept {
    int pidfd = -1;
    absl::optional<ReapedProcess> end;
  };

  // Reaps a stray that has ended. Returns false when there is none.
  bool ReapOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::atomic<int64_t> reaped_{0};
  // Held from the reaping of a stray until its end is kept.
  Mutex mu_;
  std::map<pid_t, Kept> kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_STRAY_REAPER_H_
