#include "server/posix/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/posix/proc_files.h"

namespace hob {
namespace {

// Returns 1 if the process has ended, 0 if it has not; -1, with errno set, if that cannot be
// determined.
int PollEnd(int pidfd) {
  struct pollfd poller = {pidfd, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&poller, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

bool SendSignal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
}

absl::Status SignalError(pid_t pid) {
  const int error_number = errno;
  if (error_number != EPERM) {
    return absl::ErrnoToStatus(error_number, absl::StrCat("process ", pid));
  }
  const absl::StatusOr<uid_t> user = ReadUserOf(pid);
  if (absl::IsNotFound(user.status())) return user.status();
  std::string message = absl::StrCat(strerrordesc_np(error_number), ": process ", pid);
  if (user.ok()) absl::StrAppend(&message, " runs as uid ", *user, ", hobd as uid ", geteuid());
  if (user.ok() && *user != geteuid()) message += " without CAP_KILL";
  return absl::PermissionDeniedError(message);
}

absl::Status LastErrorUnlessGone(pid_t pid) {
  return UnlessGone(absl::ErrnoToStatus(errno, absl::StrCat("process ", pid)));
}

absl::Status UnlessGone(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

bool HasEnded(int pidfd) { return PollEnd(pidfd) > 0; }

bool IsKnownAlive(int pidfd) { return PollEnd(pidfd) == 0; }

}  // namespace hob
