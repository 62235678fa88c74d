#include "tests/bench/load.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace hob {
namespace bench {
namespace {

constexpr unsigned kLongestSeconds = 600;

[[noreturn]] void LoopForEver() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(kLongestSeconds);
  for (volatile bool busy = true; busy;) continue;
  _exit(0);
}

}  // namespace

absl::Status Load::Begin() {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof(processors), &processors) != 0) {
    return absl::ErrnoToStatus(errno, "sched_getaffinity");
  }
  for (int i = 0; i < CPU_COUNT(&processors); ++i) {
    const pid_t pid = fork();
    if (pid < 0) return absl::ErrnoToStatus(errno, "fork");
    if (pid == 0) LoopForEver();
    loops_.push_back(pid);
  }
  return absl::OkStatus();
}

Load::~Load() {
  for (const pid_t pid : loops_) kill(pid, SIGKILL);
  for (const pid_t pid : loops_) waitpid(pid, nullptr, 0);
}

}  // namespace bench
}  // namespace hob
