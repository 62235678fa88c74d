#include "server/config/plan.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/keys/daemon_keys.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DaemonSpec Spec(const std::string& name) {
  DaemonSpec spec;
  spec.name = name;
  spec.command = "/bin/x";
  spec.argv = {"/bin/x"};
  return spec;
}

Config ConfigOf(std::vector<DaemonSpec> specs) {
  Config config;
  for (DaemonSpec& spec : specs) {
    WriteDaemonSettings(&spec);
    config.daemons[spec.name] = std::make_shared<const DaemonSpec>(spec);
  }
  return config;
}

// Returns the only entry of a plan for a daemon that changes from one spec to another.
PlanEntry Change(const DaemonSpec& running, const DaemonSpec& wanted) {
  const Plan plan = MakePlan(ConfigOf({running}), ConfigOf({wanted}));
  EXPECT_EQ(plan.daemons.size(), 1);
  return plan.daemons.at(0);
}

TEST(PlanTest, EmptyConfigurationsNeedNothing) {
  const Plan plan = MakePlan({}, {});
  EXPECT_THAT(plan.daemons, IsEmpty());
  EXPECT_THAT(plan.server_keys, IsEmpty());
}

TEST(PlanTest, HasALinePerDaemonInNameOrder) {
  const Plan plan =
      MakePlan(ConfigOf({Spec("b"), Spec("d")}), ConfigOf({Spec("a"), Spec("b"), Spec("c")}));
  std::vector<std::pair<std::string, PlanAction>> lines;
  for (const PlanEntry& entry : plan.daemons) {
    lines.emplace_back(entry.name, entry.action);
    EXPECT_THAT(entry.keys, IsEmpty());
  }
  EXPECT_THAT(lines, ElementsAre(std::make_pair("a", PlanAction::kAdd),
                                 std::make_pair("b", PlanAction::kUnchanged),
                                 std::make_pair("c", PlanAction::kAdd),
                                 std::make_pair("d", PlanAction::kRemove)));
}

TEST(PlanTest, LiveKeysUpdate) {
  DaemonSpec wanted = Spec("a");
  wanted.stop_timeout = absl::Seconds(1);
  wanted.restart_policy.max_retries = 9;
  wanted.autostart = false;
  const PlanEntry entry = Change(Spec("a"), wanted);
  EXPECT_EQ(entry.action, PlanAction::kUpdate);
  EXPECT_THAT(entry.keys, ElementsAre("autostart", "max_retries", "stop_timeout"));
}

TEST(PlanTest, AnyOtherKeyRestarts) {
  DaemonSpec wanted = Spec("a");
  wanted.stop_timeout = absl::Seconds(1);
  wanted.attributes.directory = "/srv";
  const PlanEntry entry = Change(Spec("a"), wanted);
  EXPECT_EQ(entry.action, PlanAction::kRestart);
  EXPECT_THAT(entry.keys, ElementsAre("directory", "stop_timeout"));
}

// Checks every key of the table against its KeyChange.
TEST(PlanTest, EveryKeyHasTheChangeOfItsRow) {
  for (const DaemonKey& key : DaemonKeys()) {
    Config running = ConfigOf({Spec("a")});
    auto changed = std::make_shared<DaemonSpec>(*running.daemons["a"]);
    DaemonSettings settings = *changed->settings;
    settings[key.name] = "other";
    changed->settings = std::make_shared<const DaemonSettings>(settings);
    Config wanted;
    wanted.daemons["a"] = changed;
    const Plan plan = MakePlan(running, wanted);
    EXPECT_THAT(plan.daemons[0].keys, ElementsAre(key.name));
    EXPECT_EQ(plan.daemons[0].action,
              key.change == KeyChange::kLive ? PlanAction::kUpdate : PlanAction::kRestart)
        << key.name;
  }
}

TEST(PlanTest, CommandIsComparedByItsWords) {
  DaemonSpec quoted = Spec("a");
  quoted.command = "'/bin/x'";
  quoted.origin = "other.ini:7";
  EXPECT_EQ(Change(Spec("a"), quoted).action, PlanAction::kUnchanged);
  DaemonSpec other = Spec("a");
  other.argv = {"/bin/x", "-v"};
  const PlanEntry entry = Change(Spec("a"), other);
  EXPECT_EQ(entry.action, PlanAction::kRestart);
  EXPECT_THAT(entry.keys, ElementsAre("command"));
}

TEST(PlanTest, KeyThatOneSideLacksDiffers) {
  Config running = ConfigOf({Spec("a")});
  auto changed = std::make_shared<DaemonSpec>(*running.daemons["a"]);
  DaemonSettings settings = *changed->settings;
  settings.erase("nice");
  settings["new_key"] = "1";
  changed->settings = std::make_shared<const DaemonSettings>(settings);
  Config wanted;
  wanted.daemons["a"] = changed;
  const Plan plan = MakePlan(running, wanted);
  EXPECT_THAT(plan.daemons[0].keys, ElementsAre("new_key", "nice"));
  EXPECT_EQ(plan.daemons[0].action, PlanAction::kRestart);
}

TEST(PlanTest, ServerKeysThatDifferAreListed) {
  Config running, wanted;
  running.server.settings = {{"listen", "unix:/a"}, {"log_dir", "/l"}};
  wanted.server.settings = {{"listen", "unix:/b"}, {"log_dir", "/l"}};
  EXPECT_THAT(MakePlan(running, wanted).server_keys, ElementsAre("listen"));
}

}  // namespace
}  // namespace hob
