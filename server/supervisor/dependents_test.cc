#include "server/supervisor/dependents.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DaemonSnapshotPtr Daemon(const std::string& name, const std::vector<std::string>& depends_on) {
  auto spec = std::make_shared<DaemonSpec>();
  spec->name = name;
  for (const std::string& other : depends_on) spec->depends_on.push_back({other, {}});
  auto daemon = std::make_shared<DaemonSnapshot>();
  daemon->spec = std::move(spec);
  return daemon;
}

// app needs web and db, web needs db, db needs disk; cron needs nothing.
std::vector<DaemonSnapshotPtr> Daemons() {
  return {Daemon("app", {"web", "db"}), Daemon("cron", {}), Daemon("db", {"disk"}),
          Daemon("disk", {}), Daemon("web", {"db"})};
}

TEST(DependentsTest, DirectDependentsAreFound) {
  const Dependents dependents = FindDependents(Daemons());
  EXPECT_THAT(dependents.at("db"), ElementsAre("app", "web"));
  EXPECT_THAT(dependents.at("disk"), ElementsAre("db"));
  EXPECT_EQ(dependents.count("app"), 0);
  EXPECT_THAT(DependentsAmong(dependents, "db", {"app", "cron"}), ElementsAre("app"));
  EXPECT_THAT(DependentsAmong(dependents, "cron", {"app"}), IsEmpty());
}

TEST(DependentsTest, AllDependentsIncludeThoseOfDependents) {
  const Dependents dependents = FindDependents(Daemons());
  EXPECT_THAT(AllDependents(dependents, {"disk"}), ElementsAre("app", "db", "web"));
  EXPECT_THAT(AllDependents(dependents, {"web", "cron"}), ElementsAre("app"));
}

TEST(DependentsTest, DependentsComeFirst) {
  EXPECT_THAT(DependentsFirst(Daemons()), ElementsAre("app", "cron", "web", "db", "disk"));
}

}  // namespace
}  // namespace hob
