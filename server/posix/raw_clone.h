#ifndef HOB_SERVER_POSIX_RAW_CLONE_H_
#define HOB_SERVER_POSIX_RAW_CLONE_H_

#include <sys/types.h>

namespace hob {

// Makes a child that shares memory and descriptor table with this process and holds the calling
// thread, but no other, until it has called execve or ended. clone3(2) without libc: no fork
// handlers run, no page table is copied. Every signal is blocked meanwhile,
// and still blocked in the child, which would otherwise run the server's handlers in the server's
// memory.
//
// `run(argument)` is the child: on a stack of its own of 12 KiB, with nothing but system calls; it
// must not return. `cgroup_fd` is the folder of the control group that the child is born in, or -1.
//
// Returns the pid, or -errno. `*pidfd` is the child's, close-on-exec. The child is one of the
// calling thread's, which is what keeps it from the reaper of strays.
pid_t RawClone(int cgroup_fd, void (*run)(void*), void* argument, int* pidfd);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_RAW_CLONE_H_
