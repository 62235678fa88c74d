#include "server/process/stray_reaper.h"

#include <glog/logging.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace hob {

absl::Status StrayReaper::BecomeSubreaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "PR_SET_CHILD_SUBREAPER");
}

int StrayReaper::ReapStrays() {
  CHECK_EQ(syscall(SYS_gettid), getpid()) << "strays belong to the main thread";
  int count = 0;
  for (;;) {
    siginfo_t info = {};
    const int result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL | __WNOTHREAD);
    if (result != 0 || info.si_pid == 0) break;
    ++count;
  }
  reaped_.fetch_add(count, std::memory_order_relaxed);
  return count;
}

}  // namespace hob
