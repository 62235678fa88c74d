#include "tests/bench/bare_child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "server/posix/raw_clone.h"

namespace hob {
namespace bench {
namespace {

constexpr size_t kKernelSignalSetBytes = 8;

// Shared by the child and its suspended parent; the child may only make system calls.
struct Plan {
  const BareCommand* command = nullptr;
  char* const* argv = nullptr;
  int error = 0;
};

void Check(Plan* plan, long result) {
  if (result >= 0) return;
  plan->error = errno;
  for (;;) syscall(SYS_exit_group, 127);
}

void OpenOutput(Plan* plan, const std::string& path, int number) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
  Check(plan, fd);
  Check(plan, syscall(SYS_dup3, fd, number, 0));
}

void RunChild(void* argument) {
  auto* const plan = static_cast<Plan*>(argument);
  const BareCommand& command = *plan->command;
  Check(plan, syscall(SYS_close_range, kHighestKept + 1, ~0U, CLOSE_RANGE_UNSHARE));
  Check(plan, syscall(SYS_setsid));
  Check(plan, syscall(SYS_dup3, command.stdin_fd, STDIN_FILENO, 0));
  OpenOutput(plan, command.out_path, STDOUT_FILENO);
  OpenOutput(plan, command.err_path, STDERR_FILENO);
  Check(plan, syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0));
  Check(plan, syscall(SYS_chdir, "/"));
  Check(plan, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &command.limit_nofile, nullptr));
  const uint64_t empty_mask = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty_mask, nullptr, kKernelSignalSetBytes);
  Check(plan, syscall(SYS_execve, plan->argv[0], plan->argv, environ));
}

}  // namespace

BareProcess SpawnBare(const BareCommand& command) {
  std::vector<char*> argv;
  for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  Plan plan = {&command, argv.data(), 0};
  BareProcess process;
  int pidfd = -1;
  process.pid = RawClone(command.cgroup_fd, &RunChild, &plan, &pidfd);
  if (process.pid < 0) return process;
  process.pidfd.Reset(pidfd);
  if (plan.error != 0) process.pid = -plan.error;
  return process;
}

}  // namespace bench
}  // namespace hob
