#ifndef HOB_SERVER_POSIX_PIDFD_H_
#define HOB_SERVER_POSIX_PIDFD_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "server/posix/unique_fd.h"

namespace hob {

// The two system calls, because glibc 2.36 declares its own without C linkage.

// A descriptor of a process, close-on-exec; none with errno set when that fails.
UniqueFd OpenPidfd(pid_t pid);

// Sends a signal. False with errno set when that fails; a zombie takes it without an error.
bool SendSignal(int pidfd, int signal);

// errno(3) of a SendSignal that has just failed as an error about the process `pid`: NotFound where
// it is gone, and PermissionDenied says as which users it and this process run.
absl::Status SignalError(pid_t pid);

// errno(3) as an error about the process `pid`; OK where it says that there is no such process:
// what is gone needs nothing any more.
absl::Status LastErrorUnlessGone(pid_t pid);

// The same for an error that is NotFound when something is gone.
absl::Status UnlessGone(const absl::Status& status);

// Whether the process has ended, reaped or not. False also when it cannot be told.
bool HasEnded(int pidfd);

// Whether the process has not ended. False also when it cannot be told.
bool IsKnownAlive(int pidfd);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_PIDFD_H_
