#include "server/posix/raw_clone.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>

namespace hob {
namespace {

#ifndef __x86_64__
#error "RawClone knows the system call convention of x86-64 only."
#endif

constexpr size_t kChildStackBytes = 12 * 1024;

// Blocks every signal of the calling thread while it exists. glibc's function omits the two signals
// that glibc reserves.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() { SetMask(~uint64_t{0}, &before_); }
  ~AllSignalsBlocked() { SetMask(before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  static void SetMask(uint64_t mask, uint64_t* before) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, before, sizeof(mask));
  }

  uint64_t before_ = 0;
};

// The child returns from the system call on an empty stack. It may neither return nor touch
// anything that the compiler keeps there, hence the call in assembly.
int64_t Clone3(const struct clone_args& arguments, void (*run)(void*), void* argument) {
  int64_t result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "movq %[argument], %%rdi\n\t"
      "callq *%[run]\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof(arguments)), [run] "r"(run), [argument] "r"(argument)
      : "rcx", "r11", "memory", "cc");
  return result;
}

}  // namespace

pid_t RawClone(int cgroup_fd, void (*run)(void*), void* argument, int* pidfd) {
  // The calling thread is suspended while the child uses part of its stack.
  alignas(16) char stack[kChildStackBytes];
  struct clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_FILES;
  arguments.pidfd = reinterpret_cast<uint64_t>(pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<uint64_t>(stack);
  arguments.stack_size = sizeof(stack);
  if (cgroup_fd >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(cgroup_fd);
  }
  const AllSignalsBlocked blocked;
  return static_cast<pid_t>(Clone3(arguments, run, argument));
}

}  // namespace hob
