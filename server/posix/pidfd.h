#ifndef HOB_SERVER_POSIX_PIDFD_H_
#define HOB_SERVER_POSIX_PIDFD_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Wrap the two system calls, because glibc 2.36 declares its own without C linkage.

// Returns a close-on-exec descriptor of a process; on failure, returns none and sets errno.
UniqueFd OpenPidfd(pid_t pid);

// Sends a signal. On failure, returns false and sets errno. Succeeds for a zombie.
bool SendSignal(int pidfd, int signal);

// Converts the errno(3) of a failed SendSignal to an error about the process `pid`: NotFound if the
// process is gone; PermissionDenied states the users that it and this process run as.
absl::Status SignalError(pid_t pid);

// Converts errno(3) to an error about the process `pid`; OK if the process does not exist, since a
// process that is gone needs nothing more.
absl::Status LastErrorUnlessGone(pid_t pid);

// Returns OK if `status` is NotFound, else `status`.
absl::Status UnlessGone(const absl::Status& status);

// True if the process has ended, reaped or not. False if that cannot be determined.
bool HasEnded(int pidfd);

// True if the process has not ended. False if that cannot be determined.
bool IsKnownAlive(int pidfd);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_PIDFD_H_
