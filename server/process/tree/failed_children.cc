#include "server/process/tree/failed_children.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hob {
namespace {

// A child that failed before execve ends almost immediately, unless the machine is stalled.
constexpr int kReapMillis = 1000;

// Reaps a child; with WNOHANG, only if it has ended. Returns true if nothing of it is left.
bool TryReap(const UniqueFd& pidfd, int flags) {
  siginfo_t info = {};
  if (waitid(P_PIDFD, pidfd.get(), &info, WEXITED | __WALL | flags) == 0) return info.si_pid != 0;
  // The child's thread has ended, so the child became a stray and was reaped as one.
  return errno == ECHILD;
}

}  // namespace

void FailedChildren::Reap(UniqueFd pidfd) {
  struct pollfd poller = {pidfd.get(), POLLIN, 0};
  const int ready = poll(&poller, 1, kReapMillis);
  // If poll fails, there is no other way to wait with a timeout, so block.
  if (TryReap(pidfd, ready < 0 ? 0 : WNOHANG)) return;
  MutexLock lock(&mu_);
  late_.push_back(std::move(pidfd));
}

void FailedChildren::ReapLate() {
  MutexLock lock(&mu_);
  late_.erase(std::remove_if(late_.begin(), late_.end(),
                             [](const UniqueFd& pidfd) { return TryReap(pidfd, WNOHANG); }),
              late_.end());
}

}  // namespace hob
