#include "server/config/keys/key_descriptions.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/ini/section_name.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

std::vector<std::string> Names(const std::vector<KeyDescription>& keys) {
  std::vector<std::string> names;
  for (const KeyDescription& key : keys) names.push_back(key.name);
  return names;
}

KeyDescription Describe(const std::string& name, const DefaultPaths& paths = SystemPaths()) {
  for (const KeyDescription& key : DescribeKeys(paths)) {
    if (key.name == name) return key;
  }
  ADD_FAILURE() << "no key " << name;
  return {};
}

TEST(KeyDescriptionsTest, EveryKeyThatIsParsedIsDescribedOnce) {
  std::vector<std::string> expected = {kCommandKey};
  for (const DaemonKey& key : DaemonKeys()) expected.push_back(key.name);
  for (const ServerKey& key : ServerKeys()) expected.push_back(key.name);
  const std::vector<std::string> names = Names(DescribeKeys(SystemPaths()));
  EXPECT_THAT(names, ElementsAreArray(expected));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(KeyDescriptionsTest, EveryHelpTextIsOneOrMoreSentences) {
  for (const KeyDescription& key : DescribeKeys(SystemPaths())) {
    ASSERT_GE(key.help.size(), 20) << key.name;
    EXPECT_TRUE(absl::ascii_isupper(key.help.front())) << key.name << ": " << key.help;
    EXPECT_EQ(key.help.back(), '.') << key.name << ": " << key.help;
    EXPECT_LE(key.help.size(), 240) << key.name << ": one or two sentences are enough";
    EXPECT_FALSE(absl::StrContains(key.help, "\n")) << key.name;
  }
}

TEST(KeyDescriptionsTest, EverySectionIsOneOfHobs) {
  for (const KeyDescription& key : DescribeKeys(SystemPaths())) {
    EXPECT_FALSE(key.sections.empty()) << key.name;
    for (const std::string& section : key.sections) {
      const SectionKind kind = ClassifySection(section).kind;
      EXPECT_NE(kind, SectionKind::kForeign) << key.name << ": " << section;
      EXPECT_NE(kind, SectionKind::kWrong) << key.name << ": " << section;
    }
  }
}

// A default that is parsed and written again gives the same text.
TEST(KeyDescriptionsTest, EveryDefaultIsAValueThatTheKeyTakes) {
  for (const KeyDescription& key : DescribeKeys(SystemPaths())) {
    if (key.default_value.empty()) continue;
    if (const DaemonKey* const row = FindDaemonKey(key.name)) {
      DaemonSpec spec;
      EXPECT_TRUE(SetDaemonKey(*row, key.default_value, &spec).ok()) << key.name;
      EXPECT_EQ(row->write(spec), row->write(DaemonSpec())) << key.name;
      continue;
    }
    const ServerKey* const row = FindServerKey(key.name);
    ASSERT_NE(row, nullptr) << key.name;
    Accounts accounts;
    ServerSettings settings;
    const absl::StatusOr<ServerSetter> set = ParseServerKey(*row, key.default_value, &accounts);
    ASSERT_TRUE(set.ok()) << key.name;
    (*set)(&settings);
    EXPECT_EQ(row->write(settings), key.default_value) << key.name;
  }
}

TEST(KeyDescriptionsTest, DefaultsAndEffectsAreThoseOfTheTables) {
  EXPECT_EQ(Describe("max_retries").default_value, "3");
  EXPECT_EQ(Describe("max_retries").effect, KeyEffect::kLive);
  EXPECT_EQ(Describe("umask").default_value, "022");
  EXPECT_EQ(Describe("umask").effect, KeyEffect::kNewProcess);
  EXPECT_EQ(Describe("nice").default_value, "");
  EXPECT_THAT(Describe("nice").sections, ElementsAre("os_daemon_settings", "daemon:NAME"));
  EXPECT_THAT(Describe("command").sections, ElementsAre("daemon:NAME"));
  EXPECT_EQ(Describe("command").effect, KeyEffect::kNewProcess);
  EXPECT_EQ(Describe("listen").default_value, "unix:/run/hob/hob.sock");
  EXPECT_EQ(Describe("listen").effect, KeyEffect::kServerRestart);
  EXPECT_THAT(Describe("listen").sections, ElementsAre("hob"));
}

TEST(KeyDescriptionsTest, DefaultDirectoriesAreThoseThatAreAskedFor) {
  DefaultPaths paths;
  paths.run_dir = "/run/" + std::string(200, 'x');
  paths.log_dir = "/logs";
  EXPECT_EQ(Describe("run_dir", paths).default_value, paths.run_dir);
  EXPECT_EQ(Describe("log_dir", paths).default_value, "/logs");
  // Too long for a socket: hobd refuses it, but it is still the default.
  EXPECT_EQ(Describe("listen", paths).default_value, "unix:" + paths.run_dir + "/hob.sock");
}

}  // namespace
}  // namespace hob
