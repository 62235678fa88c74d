// A reused pid is never signalled: tested in a pid namespace so small that the kernel runs out of
// new pids.
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

constexpr int kSmallestPidMax = 400;
// The kernel assigns lower pids only once, to the first processes of the namespace.
constexpr int kFirstReusedPid = 300;

// Reports the failure inside the namespace as an exit code; 0 is success.
enum Outcome {
  kAsWanted = 0,
  kNoNamespace = 10,
  kNoSpawner,
  kNoChild,
  kNumberDidNotComeBack,
  kNotFoundWasNotSaid,
  kStrangerWasHit,
};

// True if pid_max belongs to the namespace, which is so from Linux 6.14 on; before that, changing
// it would affect the whole machine.
bool PidMaxIsPerNamespace() {
  struct utsname system = {};
  int major = 0, minor = 0;
  return uname(&system) == 0 && sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
         (major > 6 || (major == 6 && minor >= 14));
}

bool EnterSmallNamespace() {
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (mount("proc", "/proc", "proc", 0, nullptr) != 0) return false;
  std::ofstream limit("/proc/sys/kernel/pid_max");
  limit << kSmallestPidMax;
  return limit.flush().good();
}

// Forks until the kernel assigns `wanted`; the process that gets it waits for a signal.
pid_t BecomeStranger(pid_t wanted) {
  for (int i = 0; i < 4 * kSmallestPidMax; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      if (getpid() != wanted) _exit(0);
      setsid();
      for (;;) pause();
    }
    if (pid == wanted) return pid;
    waitpid(pid, nullptr, 0);
  }
  return -1;
}

// Uses up the pids that are not reused.
void PassReservedPids() {
  for (pid_t pid = 0; pid <= kFirstReusedPid;) {
    pid = fork();
    if (pid == 0) _exit(0);
    waitpid(pid, nullptr, 0);
  }
}

Outcome SignalAfterReuse(ContainmentMode mode) {
  std::string why_not;
  const auto spawner = NewSpawner(mode, &why_not);
  if (spawner == nullptr) return kNoSpawner;
  PassReservedPids();
  const auto instance = Spawned(spawner->Spawn(ChildRequest({"exit", "0"})));
  if (instance == nullptr) return kNoChild;
  AwaitEnd(instance.get());
  const pid_t stranger = BecomeStranger(instance->pid());
  if (stranger < 0) return kNumberDidNotComeBack;
  const bool said = absl::IsNotFound(instance->SignalMain(SIGKILL)) &&
                    absl::IsNotFound(instance->SignalTree(SIGKILL)) && instance->IsGone();
  const bool hit = waitpid(stranger, nullptr, WNOHANG) != 0;
  kill(stranger, SIGKILL);
  waitpid(stranger, nullptr, 0);
  if (hit) return kStrangerWasHit;
  return said ? kAsWanted : kNotFoundWasNotSaid;
}

class PidReuseTest : public testing::TestWithParam<ContainmentMode> {};

TEST_P(PidReuseTest, RecycledPidIsNeverSignalled) {
  if (geteuid() != 0) GTEST_SKIP() << "a pid namespace takes root";
  if (!PidMaxIsPerNamespace()) GTEST_SKIP() << "this kernel has one pid_max for all (before 6.14)";
  const pid_t namespace_maker = fork();
  if (namespace_maker == 0) {
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) _exit(kNoNamespace);
    const pid_t init = fork();
    if (init == 0) _exit(EnterSmallNamespace() ? SignalAfterReuse(GetParam()) : kNoNamespace);
    int status = 0;
    waitpid(init, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(namespace_maker, &status, 0), namespace_maker);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kAsWanted);
}

INSTANTIATE_TEST_SUITE_P(Containment, PidReuseTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
