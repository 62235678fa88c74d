#include "server/config/merge.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/build.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Merges and builds texts that come from no file.
class MergeTest : public testing::Test {
 protected:
  MergedConfig Merge(const std::vector<ConfigText>& texts) {
    return MergeConfigTexts(texts, &accounts_, &errors_, &warnings_);
  }
  std::vector<std::string> Errors(const MergedConfig& merged) const {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : errors_.Sorted(merged.sources)) {
      texts.push_back(problem.ToString());
    }
    return texts;
  }

  Accounts accounts_;
  ProblemList errors_;
  ProblemList warnings_;
};

TEST_F(MergeTest, SettingsAreParsedAndKeepTheirPlaces) {
  const MergedConfig merged = Merge({{"first", "[daemon:a]\ncommand = /bin/x 'y z'\nnice = 1\n"},
                                     {"second", "\n[daemon:a]\nnice = 2\n"}});
  EXPECT_THAT(merged.sources, ElementsAre("first", "second"));
  const MergedDaemon& daemon = merged.daemons.at("a");
  ASSERT_TRUE(daemon.has_command());
  EXPECT_THAT(daemon.command->value->argv(), ElementsAre("/bin/x", "y z"));
  EXPECT_EQ(daemon.command->place.source, 0);
  EXPECT_EQ(daemon.command->place.line, 2);
  const auto* const nice = FindInForce(daemon.settings, "nice");
  ASSERT_NE(nice, nullptr);
  EXPECT_EQ(nice->place.source, 1);
  EXPECT_EQ(nice->place.line, 3);
  DaemonSpec spec;
  (*nice->value)(&spec);
  EXPECT_EQ(spec.attributes.nice, 2);
}

TEST_F(MergeTest, EmptyValuesTakeBackAndKeepTheirPlaces) {
  const MergedConfig merged =
      Merge({{"first", "[daemon:a]\ncommand = /bin/x\nnice = 1\n[hob]\nstart_rate = 5\n"},
             {"second", "[daemon:a]\ncommand =\nnice =\n[hob]\nstart_rate =\n"}});
  const MergedDaemon& daemon = merged.daemons.at("a");
  EXPECT_FALSE(daemon.has_command());
  EXPECT_EQ(daemon.command->place.source, 1);
  EXPECT_EQ(daemon.place.source, 0);
  EXPECT_EQ(FindInForce(daemon.settings, "nice"), nullptr);
  EXPECT_EQ(FindInForce(merged.server, "start_rate"), nullptr);
}

TEST_F(MergeTest, WrongValuesLeaveEarlierTextsInForce) {
  const MergedConfig merged = Merge({{"first", "[os_daemons]\na = /bin/x\n[daemon:a]\nnice = 1\n"},
                                     {"second", "[os_daemons]\na = x\n[daemon:a]\nnice = 99\n"}});
  EXPECT_THAT(merged.daemons.at("a").command->value->argv(), ElementsAre("/bin/x"));
  EXPECT_EQ(FindInForce(merged.daemons.at("a").settings, "nice")->place.source, 0);
  EXPECT_THAT(
      Errors(merged),
      ElementsAre("second:2: a: 'x' is not an absolute path, and hob searches no directories "
                  "for a program: write it from the root, as in /usr/bin/env",
                  "second:4: nice: '99' is not a whole number from -20 to 19"));
}

TEST_F(MergeTest, MergedTextsAreBuiltWithoutFiles) {
  const MergedConfig merged =
      Merge({{"remote", "[os_daemons]\na = /bin/sh -c :\n[os_daemon_settings]\nnice = 3\n"}});
  const Config config = BuildConfig(merged, &accounts_, &errors_, &warnings_);
  EXPECT_THAT(Errors(merged), IsEmpty());
  const DaemonSpec& spec = *config.daemons.at("a");
  EXPECT_EQ(spec.origin, "remote:2");
  EXPECT_EQ(spec.attributes.nice, 3);
  EXPECT_EQ(spec.settings->at("nice"), "3");
}

}  // namespace
}  // namespace hob
