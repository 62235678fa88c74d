#include "server/process/tree/tree_usage.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

class TreeUsageTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    std::string why_not;
    spawner_ = NewSpawner(GetParam(), &why_not);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
    reader_ = std::make_unique<TreeUsageReader>(spawner_->containment());
  }

  void TearDown() override {
    if (instance_ == nullptr) return;
    EXPECT_TRUE(instance_->SignalTree(SIGKILL).ok());
    AwaitEnd(instance_.get());
    for (const pid_t pid : others_) AwaitEndOf(pid);
    while (!instance_->IsGone()) {
      if (instance_->tree_fd() >= 0) AwaitReady(instance_->tree_fd(), POLLPRI);
    }
  }

  // Starts a daemon "web" that writes `lines` lines, each with the pid of one of its processes.
  void Start(const std::vector<std::string>& arguments, int lines) {
    SpawnRequest request = ChildRequest(arguments);
    request.environment.push_back("HOB_DAEMON=web");
    request.stdout_target = fifo_.target();
    instance_ = Spawned(spawner_->Spawn(request));
    ASSERT_NE(instance_, nullptr);
    for (const auto& line : fifo_.ReadPids(lines)) {
      if (line.second != instance_->pid()) others_.push_back(line.second);
    }
  }

  absl::optional<TreeUsage> Read() {
    reader_->BeginRound();
    return reader_->Read("web", instance_->pid());
  }

  OutputFifo fifo_{"out"};
  std::unique_ptr<ProcessSpawner> spawner_;
  std::unique_ptr<TreeUsageReader> reader_;
  std::unique_ptr<Instance> instance_;
  std::vector<pid_t> others_;
};

TEST_P(TreeUsageTest, AllProcessesOfATreeAreCounted) {
  Start({"tree", "5"}, 5);
  const absl::optional<TreeUsage> usage = Read();
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->processes, 5);
  // Five small processes that share almost no memory.
  EXPECT_GT(usage->memory_bytes, 5 * 4096);
  EXPECT_LT(usage->memory_bytes, int64_t{1} << 30);
  EXPECT_EQ(usage->open_descriptors, 3);
  ASSERT_TRUE(usage->cpu.has_value());
  EXPECT_GE(*Read()->cpu, *usage->cpu);
}

TEST_P(TreeUsageTest, WhatHasLostItsParentAndItsSessionIsCountedToo) {
  Start({"daemonise"}, 2);
  EXPECT_EQ(Read()->processes, 2);
}

TEST_P(TreeUsageTest, NothingIsToldOfADaemonThatIsGone) {
  Start({"pause"}, 1);
  const pid_t pid = instance_->pid();
  TearDown();
  instance_ = nullptr;
  reader_->BeginRound();
  EXPECT_FALSE(reader_->Read("web", pid).has_value());
}

TEST_P(TreeUsageTest, AStrangerWhoHasTheNumberIsNotLookedAt) {
  reader_->BeginRound();
  EXPECT_FALSE(reader_->Read("web", getppid()).has_value());
}

INSTANTIATE_TEST_SUITE_P(, TreeUsageTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

TEST(CountDescriptorsTest, OwnOnesAreCounted) {
  const int64_t before = *CountDescriptors(getpid());
  const UniqueFd one(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(CountDescriptors(getpid()), before + 1);
}

TEST(CountDescriptorsTest, OfNobodyThereIsNoNumber) {
  EXPECT_FALSE(CountDescriptors(-1).has_value());
}

}  // namespace
}  // namespace hob
