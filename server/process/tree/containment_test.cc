// No process of a daemon escapes: signals reach the whole tree, and the tree is gone only when all
// its processes are.
#include "server/process/tree/containment.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/process_test_env.h"
#include "server/process/tree/control_group.h"
#include "server/process/tree/stray_reaper.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

TEST(OwnGroupDirectoriesTest, UnifiedHierarchyIsFoundAsDebianMountsIt) {
  EXPECT_THAT(OwnGroupDirectories("25 21 0:22 / /sys rw - sysfs sysfs rw\n"
                                  "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
                                  "0::/system.slice/hob.service\n"),
              ElementsAre("/sys/fs/cgroup/system.slice/hob.service"));
}

TEST(OwnGroupDirectoriesTest, HybridHierarchyIsFoundBesideTheOldOnes) {
  EXPECT_THAT(
      OwnGroupDirectories("39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                          "41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 none rw\n",
                          "8:pids:/a\n0::/\n"),
      ElementsAre("/sys/fs/cgroup/unified"));
}

TEST(OwnGroupDirectoriesTest, MountOfAPartOfTheHierarchyCountsFromThatPart) {
  EXPECT_THAT(OwnGroupDirectories("30 25 0:26 /box\\040a /mnt rw - cgroup2 cgroup2 rw\n"
                                  "31 25 0:26 /bo /other rw - cgroup2 cgroup2 rw\n",
                                  "0::/box a/inner\n"),
              ElementsAre("/mnt/inner"));
}

TEST(OwnGroupDirectoriesTest, NothingIsFoundWithoutTheHierarchy) {
  EXPECT_THAT(OwnGroupDirectories("39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
                                  "8:pids:/a\n0::/\n"),
              IsEmpty());
  EXPECT_THAT(OwnGroupDirectories("41 31 0:38 / /x rw - cgroup2 none rw\n", "8:pids:/a\n"),
              IsEmpty());
}

TEST(DaemonGroupTest, GroupOfADaemonCannotBeAFileOfTheKernels) {
  EXPECT_EQ(DaemonGroup("/g/hob-1", "cgroup.procs"), "/g/hob-1/cgroup.procs.daemon");
  EXPECT_EQ(DaemonOfGroup("/g/hob-1/cgroup.procs.daemon"), "cgroup.procs");
}

class ContainmentTest : public testing::TestWithParam<ContainmentMode> {
 protected:
  void SetUp() override {
    std::string why_not;
    spawner_ = NewSpawner(GetParam(), &why_not);
    if (spawner_ == nullptr) GTEST_SKIP() << "no containment of this kind here: " << why_not;
  }

  // Starts a child that writes its lines to `fifo_`.
  std::unique_ptr<Instance> Start(const std::vector<std::string>& arguments) {
    SpawnRequest request = ChildRequest(arguments);
    request.stdout_target = fifo_.target();
    return Spawned(spawner_->Spawn(request));
  }

  // Kills the tree and waits until it is gone, as a worker does; `others` are its other processes.
  void KillAndAwaitGone(Instance* instance, const std::vector<pid_t>& others) {
    EXPECT_TRUE(instance->SignalTree(SIGKILL).ok());
    if (instance->exit_fd() >= 0) AwaitEnd(instance);
    AwaitGone(instance, others);
  }

  void AwaitGone(Instance* instance, const std::vector<pid_t>& others) {
    for (const pid_t pid : others) AwaitEndOf(pid);
    while (!instance->IsGone()) {
      ASSERT_GE(instance->tree_fd(), 0) << "all of it has ended, yet it is not gone";
      AwaitReady(instance->tree_fd(), POLLPRI);
    }
    EXPECT_EQ(instance->tree_fd(), -1);
    for (const pid_t pid : others) EXPECT_FALSE(IsAlive(pid));
  }

  OutputFifo fifo_{"out"};
  std::unique_ptr<ProcessSpawner> spawner_;
};

TEST_P(ContainmentTest, InstanceIsGoneWhenItsOnlyProcessIsReaped) {
  const auto instance = Start({"exit", "3"});
  ASSERT_NE(instance, nullptr);
  AwaitReady(instance->exit_fd(), POLLIN);
  EXPECT_FALSE(instance->IsGone());
  EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 3);
  AwaitGone(instance.get(), {});
}

TEST_P(ContainmentTest, TermReachesEveryProcessOfATreeOnce) {
  const auto instance = Start({"tree", "5"});
  ASSERT_NE(instance, nullptr);
  std::multiset<pid_t> started, ended;
  for (const auto& line : fifo_.ReadPids(5)) started.insert(line.second);
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  for (const auto& line : fifo_.ReadPids(5)) {
    EXPECT_EQ(line.first, "term");
    ended.insert(line.second);
  }
  EXPECT_THAT(ended, UnorderedElementsAreArray(started));
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {started.begin(), started.end()});
}

TEST_P(ContainmentTest, ForgottenGroupGoesBeforeTheSpawnerDoes) {
  if (GetParam() != ContainmentMode::kControlGroup) GTEST_SKIP() << "there are no groups";
  const SpawnRequest request = ChildRequest({"exit", "3"});
  const std::string group = DaemonGroup(spawner_->containment().group, request.name);
  const auto instance = Spawned(spawner_->Spawn(request));
  ASSERT_NE(instance, nullptr);
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {});
  ASSERT_EQ(access(group.c_str(), F_OK), 0);
  spawner_->Forget(request.name);
  EXPECT_NE(access(group.c_str(), F_OK), 0);
}

TEST_P(ContainmentTest, StoppedTreeActsOnASignalThatContinuesIt) {
  const auto instance = Start({"tree", "5"});
  ASSERT_NE(instance, nullptr);
  std::set<pid_t> started;
  for (const auto& line : fifo_.ReadPids(5)) started.insert(line.second);
  EXPECT_TRUE(instance->SignalTree(SIGSTOP).ok());
  EXPECT_TRUE(instance->SignalTreeAndContinue(SIGTERM).ok());
  std::set<pid_t> ended;
  for (const auto& line : fifo_.ReadPids(5)) ended.insert(line.second);
  EXPECT_EQ(ended, started);
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {started.begin(), started.end()});
  EXPECT_TRUE(absl::IsNotFound(instance->SignalTreeAndContinue(SIGTERM)));
}

TEST_P(ContainmentTest, ProcessThatIgnoresTermIsEndedByKill) {
  const auto instance = Start({"ignore-term"});
  ASSERT_NE(instance, nullptr);
  fifo_.ReadLine();
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  EXPECT_FALSE(instance->TryReap().has_value());
  EXPECT_TRUE(instance->SignalTree(SIGKILL).ok());
  EXPECT_EQ(KillingSignal(AwaitEnd(instance.get())), SIGKILL);
  AwaitGone(instance.get(), {});
}

TEST_P(ContainmentTest, DoubleForkInASessionOfItsOwnIsSignalledAndKilled) {
  const auto instance = Start({"daemonise"});
  ASSERT_NE(instance, nullptr);
  const pid_t escaped = fifo_.ReadPids(2).find("escaped")->second;
  ASSERT_TRUE(IsAlive(escaped));
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  EXPECT_EQ(fifo_.ReadLine(), absl::StrCat("term ", escaped));
  EXPECT_EQ(KillingSignal(AwaitEnd(instance.get())), SIGTERM);
  AwaitGone(instance.get(), {escaped});
}

TEST_P(ContainmentTest, KillReachesWhatEscaped) {
  const auto instance = Start({"daemonise"});
  ASSERT_NE(instance, nullptr);
  KillAndAwaitGone(instance.get(), {fifo_.ReadPids(2).find("escaped")->second});
}

// The process has its own session, another parent and no environment.
TEST_P(ContainmentTest, ProcessThatHasGivenUpAllItInheritedIsKilled) {
  const auto instance = Start({"daemonise-bare"});
  ASSERT_NE(instance, nullptr);
  KillAndAwaitGone(instance.get(), {fifo_.ReadPids(2).find("escaped")->second});
}

TEST_P(ContainmentTest, ProcessThatHasGivenUpAllItInheritedIsNotLeftBehind) {
  const auto instance = Start({"leave-bare"});
  ASSERT_NE(instance, nullptr);
  const auto pids = fifo_.ReadPids(2);
  AwaitEnd(instance.get());
  kill(pids.find("left")->second, SIGKILL);
  AwaitEndOf(pids.find("left")->second);
  EXPECT_FALSE(instance->IsGone());
  KillAndAwaitGone(instance.get(), {pids.find("escaped")->second});
}

TEST_P(ContainmentTest, ProcessOfAnotherDaemonWithoutEnvironmentIsSpared) {
  OutputFifo other_fifo("other");
  SpawnRequest other_request = Named("other", ChildRequest({"daemonise-bare"}));
  other_request.stdout_target = other_fifo.target();
  const auto other = Spawned(spawner_->Spawn(other_request));
  ASSERT_NE(other, nullptr);
  const pid_t other_escaped = other_fifo.ReadPids(2).find("escaped")->second;
  const auto instance = Start({"daemonise-bare"});
  ASSERT_NE(instance, nullptr);
  const pid_t escaped = fifo_.ReadPids(2).find("escaped")->second;
  EXPECT_TRUE(instance->Contains(escaped));
  EXPECT_FALSE(instance->Contains(other_escaped));
  KillAndAwaitGone(instance.get(), {escaped});
  EXPECT_TRUE(IsAlive(other_escaped));
  KillAndAwaitGone(other.get(), {other_escaped});
}

TEST_P(ContainmentTest, WhatALeaderLeftBehindHoldsItsOutputAndNotItsEnd) {
  const auto instance = Start({"leave-behind"});
  ASSERT_NE(instance, nullptr);
  const auto pids = fifo_.ReadPids(2);
  EXPECT_EQ(ExitCode(AwaitEnd(instance.get())), 3);
  EXPECT_FALSE(instance->IsGone());
  EXPECT_EQ(instance->exit_fd(), -1);
  EXPECT_TRUE(absl::IsNotFound(instance->SignalMain(SIGKILL)));
  EXPECT_EQ(instance->tree_fd() >= 0, GetParam() == ContainmentMode::kControlGroup);
  KillAndAwaitGone(instance.get(), {pids.find("escaped")->second, pids.find("left")->second});
  EXPECT_TRUE(absl::IsNotFound(instance->SignalTree(SIGKILL)));
}

TEST_P(ContainmentTest, ForkBombWithinALimitIsKilledWhole) {
  if (geteuid() != 0) GTEST_SKIP() << "a user of its own for limit_nproc takes root";
  SpawnRequest request = ChildRequest({});
  request.stdout_target = fifo_.target();
  request.argv = {"/bin/sh", "-c", "echo ready $$; bomb() { bomb & bomb; }; bomb 2>/dev/null"};
  request.attributes.credentials = Ids(54399, 54399);
  request.attributes.limits[RLIMIT_NPROC] = {40, 40};
  const auto instance = Spawned(spawner_->Spawn(request));
  ASSERT_NE(instance, nullptr);
  fifo_.ReadLine();
  for (bool gone = false; !gone;) {
    // The main process may have exited by itself because it could not fork.
    EXPECT_FALSE(absl::IsInternal(instance->SignalTree(SIGKILL)));
    if (instance->exit_fd() >= 0) AwaitEnd(instance.get());
    gone = instance->IsGone();
  }
}

TEST_P(ContainmentTest, EverythingOfTheTreeIsContainedAndNothingElse) {
  OutputFifo other_fifo("other");
  SpawnRequest other_request = Named("other", ChildRequest({"daemonise"}));
  other_request.stdout_target = other_fifo.target();
  const auto other = Spawned(spawner_->Spawn(other_request));
  ASSERT_NE(other, nullptr);
  const pid_t other_escaped = other_fifo.ReadPids(2).find("escaped")->second;
  const auto instance = Start({"tree", "4"});
  ASSERT_NE(instance, nullptr);
  std::vector<pid_t> members;
  for (const auto& line : fifo_.ReadPids(4)) members.push_back(line.second);
  for (const pid_t member : members) {
    EXPECT_TRUE(instance->Contains(member));
    EXPECT_FALSE(other->Contains(member));
  }
  EXPECT_TRUE(other->Contains(other_escaped));
  for (const pid_t stranger : {other_escaped, other->pid(), getpid(), getppid(), 1, 0}) {
    EXPECT_FALSE(instance->Contains(stranger)) << stranger;
  }
  KillAndAwaitGone(instance.get(), members);
  EXPECT_FALSE(instance->Contains(instance->pid()));
  KillAndAwaitGone(other.get(), {other_escaped});
}

TEST_P(ContainmentTest, OtherDaemonsAreSpared) {
  OutputFifo other_fifo("other");
  SpawnRequest other_request = Named("other", ChildRequest({"daemonise"}));
  other_request.stdout_target = other_fifo.target();
  const auto other = Spawned(spawner_->Spawn(other_request));
  ASSERT_NE(other, nullptr);
  const pid_t other_escaped = other_fifo.ReadPids(2).find("escaped")->second;
  const auto instance = Start({"daemonise"});
  ASSERT_NE(instance, nullptr);
  KillAndAwaitGone(instance.get(), {fifo_.ReadPids(2).find("escaped")->second});
  EXPECT_TRUE(IsAlive(other->pid()));
  EXPECT_TRUE(IsAlive(other_escaped));
  KillAndAwaitGone(other.get(), {other_escaped});
}

// The kernel kills processes cloned into a control group that was killed as a whole.
TEST_P(ContainmentTest, LifeAfterAKillIsNotCutShort) {
  for (int life = 0; life < 3; ++life) {
    const auto instance = Start({"pause"});
    ASSERT_NE(instance, nullptr);
    fifo_.ReadLine();
    KillAndAwaitGone(instance.get(), {});
  }
  spawner_->Forget("web");
  const auto instance = Start({"exit", "0"});
  ASSERT_NE(instance, nullptr);
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {});
}

INSTANTIATE_TEST_SUITE_P(Containment, ContainmentTest,
                         testing::Values(ContainmentMode::kControlGroup, ContainmentMode::kSession),
                         ContainmentTestName);

class ControlGroupTest : public ContainmentTest {};

TEST_P(ControlGroupTest, GroupThatTheDaemonMadeItselfIsCovered) {
  const std::string group = DaemonGroup(spawner_->containment().group, "web");
  const auto instance = Start({"subgroup", group});
  ASSERT_NE(instance, nullptr);
  const pid_t inner = fifo_.ReadPids(2).find("inner")->second;
  EXPECT_THAT(*ProcessesInControlGroup(absl::StrCat(group, "/inner")), ElementsAre(inner));
  EXPECT_TRUE(instance->SignalTree(SIGTERM).ok());
  EXPECT_EQ(fifo_.ReadLine(), absl::StrCat("term ", inner));
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {inner});
  spawner_->Forget("web");
  EXPECT_NE(access(group.c_str(), F_OK), 0);
}

TEST_P(ControlGroupTest, DirectoriesAreKeptOverLivesAndRemovedAtTheEnd) {
  const std::string group = spawner_->containment().group;
  auto instance = Start({"exit", "0"});
  ASSERT_NE(instance, nullptr);
  AwaitEnd(instance.get());
  AwaitGone(instance.get(), {});
  EXPECT_EQ(access(DaemonGroup(group, "web").c_str(), F_OK), 0);
  instance.reset();
  spawner_.reset();
  EXPECT_NE(access(group.c_str(), F_OK), 0);
}

TEST_P(ControlGroupTest, MissingParentGroupIsASpawnFailure) {
  RemoveControlGroup(spawner_->containment().group);
  const SpawnFailure failure = FailureOf(spawner_->Spawn(ChildRequest({"exit", "0"})));
  EXPECT_EQ(failure.stage, "clone");
  EXPECT_EQ(failure.error_number, ENOENT);
}

INSTANTIATE_TEST_SUITE_P(Containment, ControlGroupTest,
                         testing::Values(ContainmentMode::kControlGroup), ContainmentTestName);

class SessionTest : public ContainmentTest {};

// The zombie reserves the group number, so that no unrelated group gets it.
TEST_P(SessionTest, EndedLeaderIsKeptUntilItsTreeIsGone) {
  const auto instance = Start({"leave-behind"});
  ASSERT_NE(instance, nullptr);
  const auto pids = fifo_.ReadPids(2);
  const pid_t leader = instance->pid();
  AwaitEnd(instance.get());
  EXPECT_EQ(kill(leader, 0), 0);
  KillAndAwaitGone(instance.get(), {pids.find("escaped")->second, pids.find("left")->second});
  EXPECT_NE(kill(leader, 0), 0);
}

TEST_P(SessionTest, StraysThatWereReapedDoNotHideTheirChildren) {
  StrayReaper reaper;
  reaper.ReapStrays();
  const auto instance = Start({"daemonise"});
  ASSERT_NE(instance, nullptr);
  const pid_t escaped = fifo_.ReadPids(2).find("escaped")->second;
  EXPECT_EQ(reaper.ReapStrays(), 0);
  KillAndAwaitGone(instance.get(), {escaped});
  EXPECT_EQ(reaper.ReapStrays(), 1);
}

INSTANTIATE_TEST_SUITE_P(Containment, SessionTest, testing::Values(ContainmentMode::kSession),
                         ContainmentTestName);

}  // namespace
}  // namespace hob
