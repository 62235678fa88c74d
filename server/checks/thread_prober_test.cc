// With a fake kernel, and sockets of the test itself.
#include "server/checks/thread_prober.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/fake_spawner.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

// The verdicts of a prober, as "web: healthy".
class Verdicts {
 public:
  void Take(const std::string& daemon, const CheckVerdict& verdict) {
    MutexLock lock(&mu_);
    told_.push_back(absl::StrCat(
        daemon, verdict.health == DaemonHealth::kHealthy ? ": healthy" : ": unhealthy"));
    latest_ = verdict;
    changed_.WakeAll();
  }

  // Waits until `count` verdicts were told; returns the last.
  std::string Await(size_t count) {
    MutexLock lock(&mu_);
    while (told_.size() < count) changed_.Wait(&mu_);
    return told_[count - 1];
  }

  size_t count() {
    MutexLock lock(&mu_);
    return told_.size();
  }

  CheckVerdict latest() {
    MutexLock lock(&mu_);
    return latest_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> told_;
  CheckVerdict latest_;
};

class ThreadProberTest : public testing::Test {
 protected:
  ThreadProberTest() {
    prober_.SetReport([this](const std::string& daemon, const CheckVerdict& verdict) {
      verdicts_.Take(daemon, verdict);
    });
  }

  // A check of a port at which somebody listens, or nobody does.
  Prober::Target Connect(bool somebody = true) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const int made = somebody ? listen(listener_.get(), 128)
                              : bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    EXPECT_EQ(made, 0);
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    Prober::Target target;
    target.daemon = "web";
    CheckTarget port;
    port.kind = CheckTarget::Kind::kConnect;
    port.address = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
    target.check.target = std::make_shared<const CheckTarget>(port);
    target.check.interval = absl::Milliseconds(1);
    return target;
  }

  // A check whose program cannot be spawned.
  static Prober::Target Program(SpawnFailure failure) {
    CheckTarget program;
    program.kind = CheckTarget::Kind::kExec;
    Prober::Target target;
    target.daemon = "web";
    target.check.target = std::make_shared<const CheckTarget>(program);
    target.check.interval = absl::Milliseconds(1);
    target.program = std::move(failure);
    return target;
  }

  const TestDirectory directory_;
  Verdicts verdicts_;
  FakeSpawner spawner_{Clock::Real()};
  const UniqueFd listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ThreadProber prober_{directory_.path(), spawner_};
};

TEST_F(ThreadProberTest, TellsAVerdictOnce) {
  const int64_t check = prober_.Begin(Connect());
  EXPECT_EQ(verdicts_.Await(1), "web: healthy");
  EXPECT_EQ(verdicts_.latest().check, check);
  EXPECT_EQ(verdicts_.latest().message, "connected");
  while (prober_.Latest("web")->consecutive_successes < 3) std::this_thread::yield();
  EXPECT_TRUE(prober_.Latest("web")->ok);
  EXPECT_EQ(prober_.Latest("db"), absl::nullopt);
}

TEST_F(ThreadProberTest, ConsecutiveFailuresMakeUnhealthy) {
  prober_.Begin(Connect(/*somebody=*/false));
  EXPECT_EQ(verdicts_.Await(1), "web: unhealthy");
  EXPECT_EQ(verdicts_.latest().attempts, 3);
  EXPECT_EQ(verdicts_.latest().message, "Connection refused");
}

TEST_F(ThreadProberTest, AnEndedCheckHasNoResult) {
  const int64_t check = prober_.Begin(Connect());
  verdicts_.Await(1);
  prober_.End(check);
  EXPECT_EQ(prober_.Latest("web"), absl::nullopt);
  prober_.End(check);
  const int64_t next = prober_.Begin(Connect());
  EXPECT_GT(next, check);
  verdicts_.Await(2);
  EXPECT_EQ(verdicts_.latest().check, next);
}

TEST_F(ThreadProberTest, AProgramThatCannotBeSpawnedIsAFailedAttempt) {
  prober_.Begin(Program({"env_file", ENOENT, "/etc/missing: No such file or directory"}));
  EXPECT_EQ(verdicts_.Await(1), "web: unhealthy");
  EXPECT_THAT(verdicts_.latest().message, testing::HasSubstr("/etc/missing: No such file"));
}

TEST_F(ThreadProberTest, AShortageDoesNotCount) {
  const int64_t check = prober_.Begin(Program({"clone", EAGAIN, "too many processes"}));
  while (!prober_.Latest("web").has_value()) std::this_thread::yield();
  EXPECT_THAT(prober_.Latest("web")->message, testing::HasSubstr("too many processes"));
  EXPECT_EQ(prober_.Latest("web")->consecutive_failures, 0);
  prober_.End(check);
  // The next verdict is the first one.
  prober_.Begin(Connect());
  EXPECT_EQ(verdicts_.Await(1), "web: healthy");
}

TEST_F(ThreadProberTest, AFailureWithoutDescriptorsDoesNotCount) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  prober_.Begin(Connect());
  verdicts_.Await(1);
  // The lowest free descriptor is above every one in use.
  std::vector<UniqueFd> fillers;
  rlimit none = limit;
  none.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (int fd = dup(0); fd >= 0; fd = dup(0)) fillers.emplace_back(fd);
  while (prober_.Latest("web")->ok) std::this_thread::yield();
  EXPECT_EQ(prober_.Latest("web")->consecutive_failures, 0);
  // One attempt may fail just before there is room again, and counts; a verdict takes three.
  fillers.clear();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  while (!prober_.Latest("web")->ok) std::this_thread::yield();
  EXPECT_EQ(verdicts_.count(), 1) << "no other verdict was told";
}

TEST_F(ThreadProberTest, SetReportNullEndsReports) {
  prober_.Begin(Connect());
  verdicts_.Await(1);
  prober_.SetReport(nullptr);
}

}  // namespace
}  // namespace hob
