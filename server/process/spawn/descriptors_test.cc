#include "server/process/spawn/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

using testing::ElementsAre;

// Runs `body` in its own process, because descriptors and limits belong to a process.
int RunApart(int (*body)()) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(DescriptorsTest, InheritedDescriptorsAreCloseOnExec) {
  EXPECT_EQ(RunApart([] {
              dup2(STDERR_FILENO, 251);
              if ((fcntl(251, F_GETFD) & FD_CLOEXEC) != 0) return 1;
              if (!SanitizeInheritedDescriptors().ok()) return 2;
              if ((fcntl(251, F_GETFD) & FD_CLOEXEC) == 0) return 3;
              return (fcntl(STDERR_FILENO, F_GETFD) & FD_CLOEXEC) == 0 ? 0 : 4;
            }),
            0);
}

TEST(DescriptorsTest, ClosedStandardDescriptorsBecomeDevNull) {
  EXPECT_EQ(RunApart([] {
              close(0);
              close(1);
              if (!SanitizeInheritedDescriptors().ok()) return 1;
              // They are open and survive execve.
              if (fcntl(0, F_GETFD) != 0 || fcntl(1, F_GETFD) != 0) return 2;
              // The descriptor opened to detect that all three are open is closed again.
              const int next = open("/dev/null", O_RDONLY);
              close(next);
              if (!SanitizeInheritedDescriptors().ok()) return 3;
              return open("/dev/null", O_RDONLY) == next ? 0 : 4;
            }),
            0);
}

TEST(DescriptorsTest, SoftLimitRisesToTheHardOneAndTheOldOneIsReturned) {
  EXPECT_EQ(RunApart([] {
              const struct rlimit low = {64, 128};
              if (setrlimit(RLIMIT_NOFILE, &low) != 0) return 1;
              const absl::StatusOr<ResourceLimit> before = RaiseDescriptorLimit();
              if (!before.ok() || !(*before == ResourceLimit{64, 128})) return 2;
              struct rlimit now = {};
              getrlimit(RLIMIT_NOFILE, &now);
              return now.rlim_cur == 128 && now.rlim_max == 128 ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace hob
