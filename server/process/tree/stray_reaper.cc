#include "server/process/tree/stray_reaper.h"

#include <glog/logging.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "server/process/tree/child_end.h"

namespace hob {

absl::Status StrayReaper::BecomeSubreaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "PR_SET_CHILD_SUBREAPER");
}

int StrayReaper::ReapStrays() {
  CHECK_EQ(syscall(SYS_gettid), getpid()) << "strays belong to the main thread";
  int count = 0;
  const MutexLock lock(&mu_);
  while (ReapOne()) ++count;
  reaped_.fetch_add(count, std::memory_order_relaxed);
  return count;
}

bool StrayReaper::ReapOne() {
  constexpr int kStrays = WEXITED | WNOHANG | __WALL | __WNOTHREAD;
  siginfo_t info = {};
  // If no end is kept, one call suffices.
  const int peek = kept_.empty() ? 0 : WNOWAIT;
  if (waitid(P_ALL, 0, &info, kStrays | peek) != 0 || info.si_pid == 0) return false;
  if (peek == 0) return true;
  const pid_t pid = info.si_pid;
  if (const auto kept = kept_.find(pid); kept != kept_.end()) {
    // A pidfd refers to its own process, never to another with the same pid.
    kept->second.end = WaitForChildEnd(kept->second.pidfd, 0);
    if (kept->second.end.has_value()) return true;
  }
  info = {};
  return waitid(P_PID, pid, &info, kStrays) == 0 && info.si_pid == pid;
}

void StrayReaper::Keep(pid_t pid, int pidfd) {
  const MutexLock lock(&mu_);
  kept_[pid] = {pidfd, absl::nullopt};
}

absl::optional<ReapedProcess> StrayReaper::TakeEnd(pid_t pid) {
  const MutexLock lock(&mu_);
  const auto kept = kept_.find(pid);
  if (kept == kept_.end()) return absl::nullopt;
  if (kept->second.end.has_value()) return kept->second.end;
  return WaitForChildEnd(kept->second.pidfd, 0);
}

void StrayReaper::Forget(pid_t pid) {
  const MutexLock lock(&mu_);
  kept_.erase(pid);
}

}  // namespace hob
