#include "server/process/tree/stray_reaper.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/posix/proc_files.h"
#include "server/process/testing/process_test_env.h"

namespace hob {
namespace {

constexpr int kEach = 1000;
constexpr int kWorkers = 10;

class StrayReaperTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    std::string why_not;
    spawner_ = NewSpawner(GetParam(), &why_not);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
    reaper_.ReapStrays();
  }

  // Acts as a worker: spawns on its own thread, lets the child end, and waits for permission to
  // reap it.
  void Work(int worker, std::shared_future<void> may_reap) {
    std::vector<std::unique_ptr<Instance>> instances;
    for (int i = 0; i < kEach / kWorkers; ++i) {
      instances.push_back(Spawned(spawner_->Spawn(
          Named(absl::StrCat("web", worker, "-", i), ChildRequest({"exit", "9"})))));
      ASSERT_NE(instances.back(), nullptr);
      AwaitReady(instances.back()->exit_fd(), POLLIN);
    }
    ready_[worker].set_value();
    may_reap.wait();
    for (const auto& instance : instances) {
      const absl::optional<ReapedProcess> reaped = instance->TryReap();
      ASSERT_TRUE(reaped.has_value()) << "somebody took this worker's child";
      EXPECT_EQ(ExitCode(*reaped), 9);
    }
  }

  StrayReaper reaper_;
  std::unique_ptr<ProcessSpawner> spawner_;
  std::promise<void> ready_[kWorkers];
  std::unique_ptr<Instance> left_;
};

// A thousand worker children and a thousand orphans are zombies at the same time.
TEST_P(StrayReaperTest, OrphansAreReapedAndNoWorkersChildIsTaken) {
  std::promise<void> may_reap;
  const std::shared_future<void> may_reap_now(may_reap.get_future());
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([this, i, may_reap_now] { Work(i, may_reap_now); });
  }
  for (std::promise<void>& ready : ready_) ready.get_future().wait();

  std::thread maker([this] {
    const auto instance =
        Spawned(spawner_->Spawn(Named("maker", ChildRequest({"orphans", absl::StrCat(kEach)}))));
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 0);
  });
  maker.join();

  // The orphans end by themselves; wait for each one before the next look, without sleeping.
  while (reaper_.reaped() < kEach) {
    const auto orphans = ReadChildrenOfThread(getpid(), getpid());
    ASSERT_TRUE(orphans.ok()) << orphans.status();
    for (const pid_t orphan : *orphans) AwaitEndOf(orphan);
    ASSERT_GT(reaper_.ReapStrays(), 0);
  }
  EXPECT_EQ(reaper_.reaped(), kEach);
  EXPECT_EQ(reaper_.ReapStrays(), 0);
  may_reap.set_value();
  for (std::thread& worker : workers) worker.join();
}

TEST_P(StrayReaperTest, ChildOfAWorkerThatEndedIsAStray) {
  std::thread worker([this] {
    const auto instance = Spawned(spawner_->Spawn(ChildRequest({"pause"})));
    ASSERT_NE(instance, nullptr);
    EXPECT_TRUE(instance->SignalMain(SIGKILL).ok());
    AwaitReady(instance->exit_fd(), POLLIN);
    left_ = Spawned(spawner_->Spawn(Named("left", ChildRequest({"pause"}))));
  });
  worker.join();
  ASSERT_NE(left_, nullptr);
  EXPECT_EQ(reaper_.ReapStrays(), 0);
  EXPECT_TRUE(left_->SignalMain(SIGKILL).ok());
  AwaitReady(left_->exit_fd(), POLLIN);
  EXPECT_EQ(reaper_.ReapStrays(), 1);
}

TEST(StrayReaperDeathTest, AnotherThreadThanTheMainOneIsABug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(std::thread([] { StrayReaper().ReapStrays(); }).join(), "belong to the main thread");
}

INSTANTIATE_TEST_SUITE_P(Containment, StrayReaperTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
