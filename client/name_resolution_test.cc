#include "client/name_resolution.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kNames = {"api", "api-2", "db.main", "web"};

std::vector<std::string> Match(const std::vector<std::string>& patterns) {
  std::vector<std::string> unmatched;
  std::vector<std::string> matches = MatchNames(patterns, kNames, &unmatched);
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
  EXPECT_THAT(Match({"*"}), ElementsAre("api", "api-2", "db.main", "web"));
  EXPECT_THAT(Match({"api*"}), ElementsAre("api", "api-2"));
  EXPECT_THAT(Match({"w?b"}), ElementsAre("web"));
  EXPECT_THAT(Match({"[a-d]*"}), ElementsAre("api", "api-2", "db.main"));
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
