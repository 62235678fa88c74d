#ifndef HOB_SERVER_POSIX_RAW_CLONE_H_
#define HOB_SERVER_POSIX_RAW_CLONE_H_

#include <sys/types.h>

namespace hob {

// Creates a child that shares memory and the descriptor table with this process. Suspends the
// calling thread, but no other, until the child has called execve or ended. Calls clone3(2) without
// libc: no fork handlers run, no page table is copied. Blocks every signal meanwhile, and leaves
// them blocked in the child, which would otherwise run the server's handlers in the server's
// memory.
//
// The child calls `run(argument)` on a separate stack of 12 KiB. `run` may only make system calls
// and must not return. `cgroup_fd` is the directory of the control group in which the child starts,
// or -1.
//
// Returns the pid, or -errno. Sets `*pidfd` to a close-on-exec descriptor of the child. The calling
// thread is the child's parent, so the reaper of strays cannot reap it.
pid_t RawClone(int cgroup_fd, void (*run)(void*), void* argument, int* pidfd);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_RAW_CLONE_H_
