#include "server/process/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace hob {

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

bool SendSignal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
}

absl::Status LastErrorUnlessGone(pid_t pid) {
  return UnlessGone(absl::ErrnoToStatus(errno, absl::StrCat("process ", pid)));
}

absl::Status UnlessGone(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
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
