#include "server/process/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hob {

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

bool SendSignal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
}

bool HasEnded(int pidfd) {
  struct pollfd poller = {pidfd, POLLIN, 0};
  return poll(&poller, 1, 0) == 1;
}

bool IsKnownAlive(int pidfd) {
  struct pollfd poller = {pidfd, POLLIN, 0};
  return poll(&poller, 1, 0) == 0;
}

}  // namespace hob
