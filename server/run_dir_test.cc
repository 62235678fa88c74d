#include "server/run_dir.h"

#include <signal.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class ServerLockTest : public testing::Test {
 protected:
  ServerLockTest() {
    EXPECT_EQ(mkdir(run_dir_.c_str(), 0755), 0);
    EXPECT_EQ(mkdir(log_dir_.c_str(), 0755), 0);
    EXPECT_EQ(mkdir(state_dir_.c_str(), 0755), 0);
  }

  absl::StatusOr<ServerLock> Lock() { return ServerLock::Acquire(run_dir_, log_dir_, state_dir_); }
  absl::Status Acquire() { return Lock().status(); }

  void ExpectRefusal(const std::string& directory, const std::string& key) {
    const absl::Status second = Acquire();
    EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(second.message(),
              absl::StrCat("another hob server uses ", directory, ": its pid is ", getpid(),
                           "; stop it, or give this one a ", key, " of its own in [hob]"));
  }

  const TestDirectory directory_;
  const std::string run_dir_ = directory_.PathOf("run");
  const std::string log_dir_ = directory_.PathOf("log");
  const std::string state_dir_ = directory_.PathOf("state");
  const std::string path_ = run_dir_ + "/hob.lock";
};

TEST_F(ServerLockTest, NamesItsHolder) {
  const absl::StatusOr<ServerLock> lock = Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(Read(path_), absl::StrCat(getpid(), "\n"));
  ExpectRefusal(run_dir_, "run_dir");
}

TEST_F(ServerLockTest, IsFreeAfterItsHolder) {
  EXPECT_TRUE(Acquire().ok());
  EXPECT_TRUE(Acquire().ok());
}

TEST_F(ServerLockTest, HoldsAfterRunDirWasRecreated) {
  const absl::StatusOr<ServerLock> lock = Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ExpectRefusal(run_dir_, "run_dir");
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(rmdir(run_dir_.c_str()), 0);
  ASSERT_EQ(mkdir(run_dir_.c_str(), 0755), 0);
  ExpectRefusal(run_dir_, "run_dir");
}

TEST_F(ServerLockTest, AnotherRunDirIsFree) {
  const absl::StatusOr<ServerLock> lock = Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  // A path longer than the address of a socket.
  const std::string other = directory_.PathOf(std::string(150, 'r'));
  const std::string logs = directory_.PathOf("log2");
  ASSERT_EQ(mkdir(other.c_str(), 0755), 0);
  ASSERT_EQ(mkdir(logs.c_str(), 0755), 0);
  // One directory may serve for both.
  EXPECT_TRUE(ServerLock::Acquire(other, logs, logs).ok());
}

TEST_F(ServerLockTest, TwoServersDoNotShareLogs) {
  const absl::StatusOr<ServerLock> lock = Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_EQ(mkdir((run_dir_ + "2").c_str(), 0755), 0);
  const absl::Status second =
      ServerLock::Acquire(run_dir_ + "2", log_dir_, directory_.path()).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.message()), HasSubstr("another hob server uses " + log_dir_));
  EXPECT_THAT(std::string(second.message()), HasSubstr("a log_dir of its own"));
}

TEST_F(ServerLockTest, TwoServersDoNotShareState) {
  const absl::StatusOr<ServerLock> lock = Lock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  ASSERT_EQ(mkdir((run_dir_ + "2").c_str(), 0755), 0);
  const absl::Status second =
      ServerLock::Acquire(run_dir_ + "2", directory_.path(), state_dir_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.message()), HasSubstr("a state_dir of its own"));
}

// Simulates a server killed while its child was between clone and execve: the child soon closes the
// descriptors.
TEST_F(ServerLockTest, WaitsForChildrenOfADeadHolder) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const absl::StatusOr<ServerLock> lock = Lock();
    // The child keeps the descriptors until the test closes the pipe.
    if (fork() == 0) {
      close(ends[1]);
      char byte;
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    _exit(lock.ok() ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(holder, &status, 0), holder);
  ASSERT_EQ(status, 0);
  std::thread lets_go([&ends] { close(ends[1]); });
  EXPECT_TRUE(Acquire().ok());
  lets_go.join();
  close(ends[0]);
}

TEST_F(ServerLockTest, RejectsAPlantedLinkAndLeavesItsTargetAlone) {
  const std::string victim = directory_.Write("victim", "untouched and longer than a pid\n");
  for (const auto plant : {symlink, link}) {
    ASSERT_EQ(plant(victim.c_str(), path_.c_str()), 0);
    const absl::Status status = Acquire();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_EQ(Read(victim), "untouched and longer than a pid\n");
    ASSERT_EQ(unlink(path_.c_str()), 0);
  }
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(std::string(Acquire().message()), HasSubstr("is not a regular file"));
}

// Only root can switch to another user.
TEST_F(ServerLockTest, NameTakenByAnotherUserIsIgnored) {
  if (geteuid() != 0) GTEST_SKIP() << "requires root";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t stranger = fork();
  if (stranger == 0) {
    constexpr uid_t kNobody = 65534;
    // The stranger holds the name but not the files.
    if (seteuid(kNobody) != 0) _exit(1);
    setfsuid(0);
    const absl::StatusOr<ServerLock> lock = Lock();
    const char told = lock.ok() ? 'y' : 'n';
    if (unlink(path_.c_str()) != 0 || write(ends[1], &told, 1) != 1) _exit(1);
    pause();
  }
  close(ends[1]);
  char told = 0;
  ASSERT_EQ(read(ends[0], &told, 1), 1);
  ASSERT_EQ(told, 'y');
  // This server also gets the directory of logs.
  const std::string logs = directory_.PathOf("log2");
  ASSERT_EQ(mkdir(logs.c_str(), 0755), 0);
  const absl::Status acquired = ServerLock::Acquire(run_dir_, logs, logs).status();
  EXPECT_TRUE(acquired.ok()) << acquired;
  kill(stranger, SIGKILL);
  waitpid(stranger, nullptr, 0);
  close(ends[0]);
}

TEST(CheckClosedTest, RejectsAWorldWritableDirectory) {
  const TestDirectory directory;
  EXPECT_TRUE(CheckClosed("run_dir", directory.path()).ok());
  ASSERT_EQ(chmod(directory.path().c_str(), 0777), 0);
  EXPECT_EQ(
      CheckClosed("run_dir", directory.path()).message(),
      absl::StrCat("run_dir: any user may replace files in ", directory.path(), ": chmod o-w it"));
}

}  // namespace
}  // namespace hob
