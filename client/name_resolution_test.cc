#include "client/name_resolution.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Returns the matches among some daemons and the instances 1, 2 and 10 of `work`.
std::vector<std::string> Match(const std::vector<std::string>& patterns) {
  v1::ListResponse list;
  for (const char* name : {"api", "api-2", "db.main", "web"}) list.add_daemons()->set_name(name);
  for (const char* name : {"work@1", "work@2", "work@10"}) {
    v1::Daemon& daemon = *list.add_daemons();
    daemon.set_name(name);
    daemon.set_instance_of("work");
  }
  std::vector<std::string> unmatched;
  std::vector<std::string> matches;
  for (const v1::Daemon* daemon : MatchDaemons(patterns, list.daemons(), &unmatched)) {
    matches.push_back(daemon->name());
  }
  for (const std::string& pattern : unmatched) matches.push_back("none for " + pattern);
  return matches;
}

TEST(NameResolutionTest, ANameMatchesOnlyItself) {
  EXPECT_THAT(Match({"api"}), ElementsAre("api"));
  EXPECT_THAT(Match({"ap"}), ElementsAre("none for ap"));
  EXPECT_THAT(Match({"API"}), ElementsAre("none for API"));
  EXPECT_THAT(Match({""}), ElementsAre("none for "));
}

TEST(NameResolutionTest, AGlobMatchesEveryNameThatFits) {
  EXPECT_THAT(Match({"*b*"}), ElementsAre("db.main", "web"));
  EXPECT_THAT(Match({"api*"}), ElementsAre("api", "api-2"));
  EXPECT_THAT(Match({"w?b"}), ElementsAre("web"));
  EXPECT_THAT(Match({"[a-d]*"}), ElementsAre("api", "api-2", "db.main"));
}

TEST(NameResolutionTest, TheNameOfASetMatchesItsInstances) {
  EXPECT_THAT(Match({"work"}), ElementsAre("work@1", "work@2", "work@10"));
  EXPECT_THAT(Match({"work@2", "wor?", "work@1"}), ElementsAre("work@2", "work@1", "work@10"));
  EXPECT_THAT(Match({"work@1*"}), ElementsAre("work@1", "work@10"));
  EXPECT_THAT(Match({"work@3", "work@"}), ElementsAre("none for work@3", "none for work@"));
}

TEST(NameResolutionTest, NamesKeepTheOrderOfThePatternsAndAppearOnce) {
  EXPECT_THAT(Match({"web", "a*", "api", "web"}), ElementsAre("web", "api", "api-2"));
}

TEST(NameResolutionTest, EveryPatternWithoutAMatchIsReported) {
  EXPECT_THAT(Match({"x", "web", "y*"}), ElementsAre("web", "none for x", "none for y*"));
}

TEST(NameResolutionTest, NoPatternsMatchNothing) { EXPECT_THAT(Match({}), IsEmpty()); }

TEST(NameResolutionTest, GlobsAreDistinguishedFromNames) {
  EXPECT_TRUE(IsGlob("a*"));
  EXPECT_TRUE(IsGlob("a?"));
  EXPECT_TRUE(IsGlob("[ab]"));
  EXPECT_FALSE(IsGlob("db.main-2_x"));
}

}  // namespace
}  // namespace client
}  // namespace hob
