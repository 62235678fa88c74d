#include "server/process/testing/fake_spawner.h"

#include <poll.h>
#include <signal.h>

#include <cerrno>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

class FakeSpawnerTest : public testing::Test {
 protected:
  std::unique_ptr<Instance> SpawnWeb(FakeSpawner& spawner) {
    SpawnRequest request;
    request.name = "web";
    request.argv = {"/bin/web"};
    return absl::get<std::unique_ptr<Instance>>(spawner.Spawn(request));
  }

  SimulatedClock clock_;
  FakeSpawner spawner_{clock_};
};

TEST_F(FakeSpawnerTest, AProcessRunsUntilItIsEndedAndIsReapedOnce) {
  const std::unique_ptr<Instance> instance = SpawnWeb(spawner_);
  EXPECT_EQ(spawner_.LivePid("web"), instance->pid());
  EXPECT_FALSE(instance->TryReap().has_value());
  EXPECT_TRUE(spawner_.End("web", ExitedWithCode{3}));
  EXPECT_FALSE(spawner_.End("web", ExitedWithCode{3}));
  EXPECT_FALSE(instance->IsGone());
  EXPECT_EQ(absl::get<ExitedWithCode>(instance->TryReap()->end).code, 3);
  EXPECT_FALSE(instance->TryReap().has_value());
  EXPECT_TRUE(instance->IsGone());
  EXPECT_EQ(instance->SignalMain(SIGTERM).code(), absl::StatusCode::kNotFound);
}

TEST_F(FakeSpawnerTest, TheClockEndsAProcessWhoseLifeIsOver) {
  FakeProgram program;
  program.lifetime = absl::Seconds(2);
  spawner_.SetProgram(program);
  const std::unique_ptr<Instance> instance = SpawnWeb(spawner_);
  EXPECT_EQ(spawner_.NextEvent(), clock_.Now().monotonic + absl::Seconds(2));
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(instance->TryReap().has_value());
  EXPECT_EQ(spawner_.NextEvent(), MonotonicTime::InfiniteFuture());
}

TEST_F(FakeSpawnerTest, ASignalThatIsSurvivedIsOnlyRecorded) {
  FakeProgram program;
  program.survives = {SIGTERM};
  spawner_.SetProgram(program);
  const std::unique_ptr<Instance> instance = SpawnWeb(spawner_);
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  EXPECT_TRUE(instance->SignalMain(SIGCONT).ok());
  EXPECT_FALSE(instance->TryReap().has_value());
  EXPECT_TRUE(instance->SignalMain(SIGKILL).ok());
  EXPECT_EQ(absl::get<KilledBySignal>(instance->TryReap()->end).signal, SIGKILL);
  ASSERT_EQ(spawner_.Signals("web").size(), 3);
  EXPECT_TRUE(spawner_.Signals("web")[0].to_tree);
  EXPECT_EQ(spawner_.Signals("web")[2].signal, SIGKILL);
}

TEST_F(FakeSpawnerTest, ChildrenOutliveTheirMainProcessUntilKillAndSoManyLooks) {
  FakeProgram program;
  program.has_children = true;
  program.looks_to_end_children = 2;
  spawner_.SetProgram(program);
  const std::unique_ptr<Instance> instance = SpawnWeb(spawner_);
  ASSERT_TRUE(instance->SignalTree(SIGTERM).ok());
  ASSERT_TRUE(instance->TryReap().has_value());
  EXPECT_FALSE(instance->IsGone());
  EXPECT_EQ(spawner_.Alive("web"), 1);
  EXPECT_TRUE(instance->SignalTree(SIGKILL).ok());
  EXPECT_FALSE(instance->IsGone());
  EXPECT_TRUE(instance->IsGone());
  EXPECT_EQ(instance->SignalTree(SIGKILL).code(), absl::StatusCode::kNotFound);
}

TEST_F(FakeSpawnerTest, TwoLiveInstancesOfANameAndAbandonedOnesAreCounted) {
  std::unique_ptr<Instance> first = SpawnWeb(spawner_);
  std::unique_ptr<Instance> second = SpawnWeb(spawner_);
  EXPECT_EQ(spawner_.MostAliveAtOnce("web"), 2);
  EXPECT_EQ(spawner_.abandoned(), 0);
  first = nullptr;
  EXPECT_EQ(spawner_.abandoned(), 1);
  second->SignalMain(SIGTERM).IgnoreError();
  second->TryReap();
  second = nullptr;
  EXPECT_EQ(spawner_.abandoned(), 1);
}

TEST_F(FakeSpawnerTest, AFailureIsAnsweredOnce) {
  spawner_.FailNextSpawn({"exec", ENOENT, "no such file"});
  SpawnRequest request;
  request.name = "web";
  EXPECT_EQ(absl::get<SpawnFailure>(spawner_.Spawn(request)).stage, "exec");
  EXPECT_EQ(spawner_.Failed("web"), 1);
  EXPECT_EQ(SpawnWeb(spawner_)->pid(), 101);
}

TEST_F(FakeSpawnerTest, TheDescriptorIsReadableOnceTheMainProcessHasEnded) {
  FakeSpawner spawner(clock_, FakeSpawner::Wakes::kByDescriptor);
  const std::unique_ptr<Instance> instance = SpawnWeb(spawner);
  pollfd fd = {instance->exit_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  instance->SignalMain(SIGTERM).IgnoreError();
  EXPECT_EQ(poll(&fd, 1, 0), 1);
  ASSERT_TRUE(instance->TryReap().has_value());
  EXPECT_EQ(instance->exit_fd(), -1);
}

}  // namespace
}  // namespace hob
