#include "server/config/environment.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseEnvironmentTest, TakesQuotedValues) {
  EXPECT_THAT(ParseEnvironment("A=1 B2=\"a b\" _C='x=y' D=").value(),
              ElementsAre(Pair("A", "1"), Pair("B2", "a b"), Pair("_C", "x=y"), Pair("D", "")));
  EXPECT_THAT(ParseEnvironment(" ").value(), IsEmpty());
}

TEST(ParseEnvironmentTest, RefusesWhatSetsNothing) {
  for (const char* text : {"A", "=x", "1A=x", "A-B=x", "A=1 B", "\"A B\"=x", "''"}) {
    EXPECT_THAT(ParseEnvironment(text).status().message(), HasSubstr("sets no variable")) << text;
  }
  EXPECT_THAT(ParseEnvironment("A='x").status().message(), HasSubstr("not closed"));
  EXPECT_EQ(ParseEnvironment("A=1 B=2 A=3").status().message(),
            "sets 'A' twice: keep one of the values");
}

TEST(ParseEnvironmentLinesTest, TakesLinesCommentsAndOverrides) {
  EXPECT_THAT(ParseEnvironmentLines("# c\r\nA=1 B=2\r\n\n ; c\nA=\"3 4\"").value(),
              ElementsAre(Pair("A", "3 4"), Pair("B", "2")));
  EXPECT_THAT(ParseEnvironmentLines("").value(), IsEmpty());
}

TEST(ParseEnvironmentLinesTest, NamesTheLineThatIsWrong) {
  EXPECT_THAT(ParseEnvironmentLines("A=1\n\nnonsense\n").status().message(),
              HasSubstr("line 3: 'nonsense' sets no variable"));
}

TEST(MergeEnvironmentsTest, WinnerKeepsThePlace) {
  EXPECT_THAT(MergeEnvironments({{"A", "1"}, {"B", "2"}}, {{"C", "3"}, {"A", "9"}}),
              ElementsAre(Pair("A", "9"), Pair("B", "2"), Pair("C", "3")));
}

TEST(FormatEnvironmentTest, IsSortedAndTakenBack) {
  const Environment environment = {{"B", "a b"}, {"A", ""}, {"C", "it's"}};
  EXPECT_EQ(FormatEnvironment(environment), "A= B='a b' C='it'\\''s'");
  EXPECT_THAT(ParseEnvironment(FormatEnvironment(environment)).value(),
              ElementsAre(Pair("A", ""), Pair("B", "a b"), Pair("C", "it's")));
}

}  // namespace
}  // namespace hob
