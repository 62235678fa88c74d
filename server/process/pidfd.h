#ifndef HOB_SERVER_PROCESS_PIDFD_H_
#define HOB_SERVER_PROCESS_PIDFD_H_

#include <sys/types.h>

#include "server/process/unique_fd.h"

namespace hob {

// The two system calls, because glibc 2.36 declares its own without C linkage.

// A descriptor of a process, close-on-exec; none with errno set when that fails.
UniqueFd OpenPidfd(pid_t pid);

// Sends a signal. False with errno set when that fails; a zombie takes it without an error.
bool SendSignal(int pidfd, int signal);

// Whether the process has ended, reaped or not. False also when it cannot be told.
bool HasEnded(int pidfd);

// Whether the process has not ended. False also when it cannot be told.
bool IsKnownAlive(int pidfd);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_PIDFD_H_
