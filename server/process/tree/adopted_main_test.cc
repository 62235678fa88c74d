// Instances that name another main process than the spawned one, with real processes.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {
namespace {

constexpr int kCode = 7;

class AdoptedMainTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    ProcessSpawner::Options options;
    options.strays = &reaper_;
    std::string why_not;
    spawner_ = NewSpawner(GetParam(), &why_not, options);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
    reaper_.ReapStrays();
  }

  // Starts a child on its own thread, which runs as long as the test, because the children of an
  // ended thread become strays.
  void Start(const std::vector<std::string>& arguments, int lines) {
    SpawnRequest request = ChildRequest(arguments);
    request.stdout_target = fifo_.target();
    std::promise<void> spawned;
    worker_ = std::thread([this, request, &spawned, end = end_.get_future()] {
      instance_ = Spawned(spawner_->Spawn(request));
      spawned.set_value();
      end.wait();
    });
    spawned.get_future().wait();
    ASSERT_NE(instance_, nullptr);
    first_ = instance_->pid();
    for (const auto& line : fifo_.ReadPids(lines)) {
      if (line.second != first_) successor_ = line.second;
    }
  }

  void TearDown() override {
    if (instance_ != nullptr) {
      instance_->SignalTree(SIGKILL).IgnoreError();
      for (const pid_t pid : {first_, successor_}) AwaitEndOf(pid);
      while (!instance_->IsGone()) {
        instance_->TryReap();
        reaper_.ReapStrays();
      }
    }
    end_.set_value();
    if (worker_.joinable()) worker_.join();
  }

  // Ends the first main process, which makes its successor a stray.
  void EndFirst() {
    ASSERT_EQ(kill(first_, SIGUSR1), 0);
    AwaitEndOf(first_);
    EXPECT_FALSE(instance_->TryReap().has_value()) << "that was no end of the instance";
  }

  StrayReaper reaper_;
  std::unique_ptr<ProcessSpawner> spawner_;
  OutputFifo fifo_{"out"};
  std::promise<void> end_;
  std::thread worker_;
  std::unique_ptr<Instance> instance_;
  pid_t first_ = 0;
  pid_t successor_ = 0;
};

TEST_P(AdoptedMainTest, TheInstanceIsItsNewMainProcess) {
  Start({"successor", "7"}, 2);
  ASSERT_TRUE(instance_->SetMain(successor_).ok());
  EXPECT_EQ(instance_->pid(), successor_);
  EndFirst();
  EXPECT_EQ(instance_->former_exit_fd(), -1) << "nothing is left to reap";
  EXPECT_FALSE(instance_->IsGone());
  EXPECT_EQ(instance_->CountAlive(), 1);
  EXPECT_TRUE(instance_->SignalMain(SIGUSR1).ok());
  AwaitReady(instance_->exit_fd(), POLLIN);
  EXPECT_EQ(ExitCode(AwaitEnd(instance_.get())), kCode);
  EXPECT_EQ(instance_->exit_fd(), -1);
  EXPECT_TRUE(instance_->IsGone());
  EXPECT_TRUE(absl::IsNotFound(instance_->SignalMain(SIGUSR1)));
}

TEST_P(AdoptedMainTest, TheReaperOfStraysKeepsItsEnd) {
  Start({"successor", "7"}, 2);
  ASSERT_TRUE(instance_->SetMain(successor_).ok());
  EndFirst();
  EXPECT_TRUE(instance_->SignalMain(SIGUSR1).ok());
  AwaitReady(instance_->exit_fd(), POLLIN);
  EXPECT_EQ(reaper_.ReapStrays(), 1);
  EXPECT_EQ(ExitCode(AwaitEnd(instance_.get())), kCode);
  EXPECT_TRUE(instance_->IsGone());
}

TEST_P(AdoptedMainTest, AFormerMainProcessThatEndsIsNoticed) {
  if (GetParam() == ContainmentMode::kSession) GTEST_SKIP() << "it stays a zombie by design";
  Start({"successor", "7"}, 2);
  EXPECT_EQ(instance_->former_exit_fd(), -1);
  ASSERT_TRUE(instance_->SetMain(successor_).ok());
  ASSERT_GE(instance_->former_exit_fd(), 0);
  kill(first_, SIGUSR1);
  AwaitReady(instance_->former_exit_fd(), POLLIN);
  EXPECT_FALSE(instance_->TryReap().has_value());
  EXPECT_NE(kill(first_, 0), 0) << "it is no zombie";
}

TEST_P(AdoptedMainTest, AnEndThatAnotherParentHasTakenIsToldWhereTheKernelKnowsIt) {
  Start({"successor", "7"}, 2);
  ASSERT_TRUE(instance_->SetMain(successor_).ok());
  EXPECT_TRUE(instance_->SignalMain(SIGUSR1).ok());
  while (kill(successor_, 0) == 0) std::this_thread::yield();
  const ReapedProcess told = AwaitEnd(instance_.get());
  // The end is known on Linux 6.15 and later.
  const bool is_known = !absl::holds_alternative<UnobservedEnd>(told.end);
  if (is_known) {
    EXPECT_EQ(ExitCode(told), kCode);
  }
  EXPECT_FALSE(instance_->IsGone()) << "the first main process is still there";
  EXPECT_TRUE(IsAlive(first_));
}

TEST_P(AdoptedMainTest, AnEndThatItsParentHasNotTakenIsUnobserved) {
  Start({"tree", "2"}, 2);
  ASSERT_TRUE(instance_->SetMain(successor_).ok());
  EXPECT_TRUE(instance_->SignalMain(SIGKILL).ok());
  AwaitReady(instance_->exit_fd(), POLLIN);
  EXPECT_TRUE(absl::holds_alternative<UnobservedEnd>(AwaitEnd(instance_.get()).end));
  EXPECT_FALSE(instance_->TryReap().has_value()) << "an end is told once";
}

TEST_P(AdoptedMainTest, TheFirstMainProcessMayTakeOverAgain) {
  Start({"successor", "7"}, 2);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(instance_->SetMain(successor_).ok());
    ASSERT_TRUE(instance_->SetMain(successor_).ok());
    ASSERT_TRUE(instance_->SetMain(first_).ok());
  }
  EXPECT_EQ(instance_->pid(), first_);
  EXPECT_TRUE(instance_->SignalMain(SIGUSR1).ok());
  EXPECT_EQ(ExitCode(AwaitEnd(instance_.get())), 0);
  EXPECT_FALSE(instance_->IsGone()) << "the other one is left behind";
}

TEST_P(AdoptedMainTest, StrangersAndTheDeadAreNoMainProcess) {
  Start({"successor", "7"}, 2);
  EXPECT_TRUE(absl::IsInvalidArgument(instance_->SetMain(getpid())));
  EXPECT_TRUE(absl::IsInvalidArgument(instance_->SetMain(1)));
  EXPECT_TRUE(absl::IsInvalidArgument(instance_->SetMain(0x7fffffff)));
  kill(successor_, SIGUSR1);
  while (kill(successor_, 0) == 0) std::this_thread::yield();
  EXPECT_TRUE(absl::IsInvalidArgument(instance_->SetMain(successor_)));
  EXPECT_EQ(instance_->pid(), first_);
}

INSTANTIATE_TEST_SUITE_P(Containment, AdoptedMainTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
