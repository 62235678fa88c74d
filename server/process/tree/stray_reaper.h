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

// Reaps strays: orphans that become children of this process because it is PID 1 or a subreaper.
//
// It never reaps a worker's child. In the kernel each child belongs to the thread that created it,
// and orphans go to the first thread of the process, which runs main(). A wait with __WNOTHREAD
// sees only the children of the calling thread. (An exit signal other than SIGCHLD, which an
// ordinary wait ignores, does not help: execve resets it.) So there are two rules: the main thread
// calls ReapStrays, and other threads create instances. When a thread ends, its children pass to
// the main thread. A worker ends only when no process of its daemon is alive; otherwise its child
// becomes a stray.
class StrayReaper {
 public:
  // Asks the kernel to give orphaned descendants to this process instead of PID 1.
  static absl::Status BecomeSubreaper();

  // Reaps every stray that has ended and returns their number. Call on the main thread after each
  // SIGCHLD, which may stand for many ends. Never blocks. FATAL on any other thread.
  int ReapStrays() ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the number of strays reaped so far. Thread-safe.
  int64_t reaped() const { return reaped_.load(std::memory_order_relaxed); }

  // Keeps the end of the live process `pid` for TakeEnd, in case it becomes a stray and is reaped
  // here. `pidfd` refers to the process and must stay open until Forget. Thread-safe.
  void Keep(pid_t pid, int pidfd) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the end of a kept process, and reaps it if ReapStrays has not. Absent while it lives,
  // and while it is the child of another process. Thread-safe.
  absl::optional<ReapedProcess> TakeEnd(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);

  // Cancels Keep. Thread-safe.
  void Forget(pid_t pid) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Kept {
    int pidfd = -1;
    absl::optional<ReapedProcess> end;
  };

  // Reaps one ended stray. Returns false if there is none.
  bool ReapOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::atomic<int64_t> reaped_{0};
  // Held from the reaping of a stray until its end is stored.
  Mutex mu_;
  std::map<pid_t, Kept> kept_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_STRAY_REAPER_H_
