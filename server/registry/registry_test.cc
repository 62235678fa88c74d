#include "server/registry/registry.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;

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

TEST(RegistryTest, FindsTheLatestSnapshot) {
  Registry registry;
  EXPECT_EQ(registry.Find("web"), nullptr);
  registry.Publish(Snapshot("web"));
  const DaemonSnapshotPtr latest = Snapshot("web", DaemonState::kRunning);
  registry.Publish(latest);
  EXPECT_EQ(registry.Find("web"), latest);
  EXPECT_EQ(registry.Find("we"), nullptr);
}

TEST(RegistryTest, HeldSnapshotsNeverChange) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  const DaemonSnapshotPtr held = registry.Find("web");
  registry.Publish(Snapshot("web", DaemonState::kRunning));
  registry.Remove("web");
  EXPECT_EQ(held->state, DaemonState::kStopped);
  EXPECT_EQ(registry.Find("web"), nullptr);
}

TEST(RegistryTest, RemovingAnUnknownDaemonChangesNothing) {
  Registry registry;
  registry.Publish(Snapshot("web"));
  registry.Remove("db");
  EXPECT_THAT(Names(registry.All()), ElementsAre("web"));
}

TEST(RegistryTest, AllIsInNameOrder) {
  Registry registry;
  for (const char* name : {"web", "Web", "_x", "10", "9", "db"}) registry.Publish(Snapshot(name));
  EXPECT_THAT(Names(registry.All()), ElementsAre("10", "9", "Web", "_x", "db", "web"));
}

TEST(RegistryTest, SharesAViewUntilTheNextChange) {
  Registry registry;
  registry.Publish(Snapshot("a"));
  const auto before = registry.Now();
  EXPECT_EQ(registry.Now(), before);
  EXPECT_EQ(before->sequence, 1);
  registry.Publish(Snapshot("b"));
  EXPECT_EQ(registry.Now()->sequence, 2);
  EXPECT_THAT(Names(registry.Now()->daemons), ElementsAre("a", "b"));
  EXPECT_THAT(Names(before->daemons), ElementsAre("a")) << "and never changes";
}

TEST(RegistryTest, ConcurrentReadersAndWriters) {
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
    EXPECT_EQ(registry.All().back()->name(), "web");
  }
  writer.join();
}

}  // namespace
}  // namespace hob
