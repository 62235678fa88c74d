#include "server/registry/registry.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DaemonSnapshotPtr Snapshot(const std::string& name, DaemonState state = DaemonState::kStopped) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  auto snapshot = std::make_shared<DaemonSnapshot>();
  snapshot->spec = spec;
  snapshot->state = state;
  return snapshot;
}

std::vector<std::string> Names(const std::vector<DaemonSnapshotPtr>& daemons) {
  std::vector<std::string> names;
  for (const DaemonSnapshotPtr& daemon : daemons) names.push_back(daemon->name());
  return names;
}

bool Everything(const DaemonSnapshot&) { return true; }

bool Running(const DaemonSnapshot& daemon) { return daemon.state == DaemonState::kRunning; }

TEST(RegistryTest, TheLatestSnapshotIsFound) {
  Registry registry;
  EXPECT_EQ(registry.Find("web"), nullptr);
  registry.Publish(Snapshot("web"));
  const DaemonSnapshotPtr latest = Snapshot("web", DaemonState::kRunning);
  registry.Publish(latest);
  EXPECT_EQ(registry.Find("web"), latest);
  EXPECT_EQ(registry.Find("we"), nullptr);
}

TEST(RegistryTest, ASnapshotThatAReaderHoldsStaysAsItIs) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  const DaemonSnapshotPtr held = registry.Find("web");
  registry.Publish(Snapshot("web", DaemonState::kRunning));
  registry.Remove("web");
  EXPECT_EQ(held->state, DaemonState::kStopped);
  EXPECT_EQ(registry.Find("web"), nullptr);
}

TEST(RegistryTest, OnlyTheLatestSnapshotKeepsItsBytesForAList) {
  Registry registry;
  const auto make = [] { return std::string("bytes"); };
  const DaemonSnapshotPtr first = Snapshot("web");
  registry.Publish(first);
  const std::weak_ptr<const std::string> bytes = first->encoded.GetOrMake(make);
  EXPECT_FALSE(bytes.expired());
  registry.Publish(Snapshot("web", DaemonState::kRunning));
  EXPECT_TRUE(bytes.expired());
}

TEST(RegistryTest, RemovingWhatIsNotKnownChangesNothing) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  registry.Remove("db");
  EXPECT_THAT(Names(registry.All()), ElementsAre("web"));
}

TEST(RegistryTest, AllAreInNameOrder) {
  Registry registry;
  for (const char* name : {"web", "Web", "_x", "10", "9", "db"}) registry.Publish(Snapshot(name));
  EXPECT_THAT(Names(registry.All()), ElementsAre("10", "9", "Web", "_x", "db", "web"));
}

TEST(RegistryTest, PagesFollowEachOtherWithoutGapOrRepeat) {
  Registry registry;
  for (const char* name : {"a", "b", "c", "d", "e"}) registry.Publish(Snapshot(name));
  Registry::Page page = registry.List("", 2, Everything);
  EXPECT_THAT(Names(page.daemons), ElementsAre("a", "b"));
  EXPECT_TRUE(page.more);
  page = registry.List("b", 2, Everything);
  EXPECT_THAT(Names(page.daemons), ElementsAre("c", "d"));
  EXPECT_TRUE(page.more);
  page = registry.List("d", 2, Everything);
  EXPECT_THAT(Names(page.daemons), ElementsAre("e"));
  EXPECT_FALSE(page.more);
}

TEST(RegistryTest, APageThatIsExactlyFullIsTheLast) {
  Registry registry;
  for (const char* name : {"a", "b"}) registry.Publish(Snapshot(name));
  EXPECT_FALSE(registry.List("", 2, Everything).more);
}

TEST(RegistryTest, APageGoesOnBehindADaemonThatIsGone) {
  Registry registry;
  for (const char* name : {"a", "c"}) registry.Publish(Snapshot(name));
  EXPECT_THAT(Names(registry.List("b", 9, Everything).daemons), ElementsAre("c"));
}

TEST(RegistryTest, WhatTheFilterLeavesOutDoesNotFillThePage) {
  Registry registry;
  registry.Publish(Snapshot("a", DaemonState::kRunning));
  registry.Publish(Snapshot("b"));
  registry.Publish(Snapshot("c", DaemonState::kRunning));
  registry.Publish(Snapshot("d"));
  const Registry::Page page = registry.List("", 2, Running);
  EXPECT_THAT(Names(page.daemons), ElementsAre("a", "c"));
  EXPECT_FALSE(page.more);
  EXPECT_THAT(registry.List("c", 2, Running).daemons, IsEmpty());
}

TEST(RegistryTest, TheFilterIsCalledWithoutTheLock) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  const Registry::Page page = registry.List("", 9, [&](const DaemonSnapshot& daemon) {
    registry.Publish(Snapshot("db"));
    return registry.Find(daemon.name()) != nullptr;
  });
  EXPECT_THAT(Names(page.daemons), ElementsAre("web")) << "and sees the daemons of one moment";
}

TEST(RegistryTest, ReadersAndWritersDoNotDisturbEachOther) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  constexpr int kRounds = 2000;
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      registry.Publish(Snapshot("web", i % 2 == 0 ? DaemonState::kRunning : DaemonState::kStopped));
      registry.Publish(Snapshot("db"));
      registry.Remove("db");
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ(registry.Find("web")->name(), "web");
    EXPECT_EQ(registry.List("db", 9, Everything).daemons.size(), 1);
  }
  writer.join();
}

}  // namespace
}  // namespace hob
