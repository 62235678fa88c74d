#include "server/process/spawn/spawn_watch.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "gtest/gtest.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A process that waits for a signal.
class Sleeper {
 public:
  Sleeper() : pid_(fork()) {
    if (pid_ == 0) {
      for (;;) pause();
    }
    pidfd_.Reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    fd_ = pidfd_.get();
  }
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  const int* pidfd() const { return &fd_; }
  void AwaitEnd() const {
    struct pollfd poller = {fd_, POLLIN, 0};
    ASSERT_EQ(poll(&poller, 1, 30'000), 1);
  }
  bool HasEnded() const {
    struct pollfd poller = {fd_, POLLIN, 0};
    return poll(&poller, 1, 0) == 1;
  }

 private:
  const pid_t pid_;
  UniqueFd pidfd_;
  int fd_ = -1;
};

TEST(SpawnWatchTest, AChildThatDoesNotGetToItsProgramIsKilled) {
  const Sleeper late;
  SpawnWatch watch(milliseconds(1));
  SpawnWatch::Spawn spawn(&watch, late.pidfd());
  late.AwaitEnd();
  EXPECT_TRUE(spawn.End());
  EXPECT_TRUE(spawn.End()) << "the answer stays";
}

TEST(SpawnWatchTest, AChildThatIsInTimeIsLeftAlone) {
  const Sleeper late;
  const Sleeper in_time;
  SpawnWatch watch(milliseconds(1));
  {
    SpawnWatch::Spawn spawn(&watch, in_time.pidfd());
    if (spawn.End()) GTEST_SKIP() << "the machine stood still for a millisecond";
  }
  SpawnWatch::Spawn witness(&watch, late.pidfd());
  late.AwaitEnd();
  EXPECT_FALSE(in_time.HasEnded());
}

TEST(SpawnWatchTest, OneThatHangsDoesNotHideTheNext) {
  const Sleeper first;
  const Sleeper second;
  SpawnWatch watch(milliseconds(1));
  SpawnWatch::Spawn spawn(&watch, first.pidfd());
  first.AwaitEnd();
  SpawnWatch::Spawn next(&watch, second.pidfd());
  second.AwaitEnd();
}

TEST(SpawnWatchTest, AnEndIsNotHeldUpByAnybodysPatience) {
  const Sleeper sleeper;
  {
    SpawnWatch watch{hours(1)};
    SpawnWatch::Spawn spawn(&watch, sleeper.pidfd());
    EXPECT_FALSE(spawn.End());
  }
  EXPECT_FALSE(sleeper.HasEnded());
}

}  // namespace
}  // namespace hob
