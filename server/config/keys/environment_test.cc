#include "server/config/keys/environment.h"

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

TEST(ParseEnvironmentTest, UnquotedCommasSeparateEntries) {
  EXPECT_THAT(
      ParseEnvironment("STATIC=\"foo\", DYN=\"bar\",W=\"toto\",X=1").value(),
      ElementsAre(Pair("STATIC", "foo"), Pair("DYN", "bar"), Pair("W", "toto"), Pair("X", "1")));
  EXPECT_THAT(ParseEnvironment(", A= ,,B=2,").value(), ElementsAre(Pair("A", ""), Pair("B", "2")));
  EXPECT_THAT(ParseEnvironment("A=\"1,2\" B='3,4' C=5\\,6").value(),
              ElementsAre(Pair("A", "1,2"), Pair("B", "3,4"), Pair("C", "5,6")));
}

TEST(ParseEnvironmentTest, NamesMayHaveDots) {
  EXPECT_THAT(ParseEnvironment("spring.profiles.active=prod").value(),
              ElementsAre(Pair("spring.profiles.active", "prod")));
}

TEST(ParseEnvironmentTest, RefusesEntriesThatSetNoVariable) {
  for (const char* text :
       {"A", "=x", "1A=x", ".A=x", "A-B=x", "A=1 B", "A=1,B", "\"A B\"=x", "''", "A=1,''"}) {
    EXPECT_THAT(ParseEnvironment(text).status().message(), HasSubstr("sets no variable")) << text;
  }
  EXPECT_THAT(ParseEnvironment("A='x").status().message(), HasSubstr("not closed"));
  EXPECT_EQ(ParseEnvironment("A=1 B=2,A=3").status().message(),
            "sets 'A' twice: keep one of the values");
}

TEST(ParseEnvironmentTest, ShowsHowToQuoteAValue) {
  const struct {
    const char* text;
    const char* problem;
  } kCases[] = {
      {"A=1,2",
       "'2' sets no variable: a comma separates entries; if it is part of the value, "
       "quote it: A=\"1,2\""},
      {"B=0 A=1,2,3,C=4", "if it is part of the value, quote it: A=\"1,2,3\""},
      {"A=some more words",
       "'more' sets no variable: a blank separates entries; if it is part of "
       "the value, quote it: A=\"some more words\""},
      {"A='$x', y", "quote it: A='$x, y'"},
      {"A=1 # one", "'#' sets no variable: '#' starts no comment after an entry: quote it"},
      {"A",
       "'A' sets no variable: write KEY=VALUE KEY2=\"a b\", names of letters, digits, '_' "
       "and '.'"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(ParseEnvironment(c.text).status().message(), HasSubstr(c.problem)) << c.text;
  }
}

TEST(EnvironmentWarningsTest, NamesPairsThatACommaTakesFromTheirValue) {
  EXPECT_THAT(EnvironmentWarnings("OTEL=a=1,b=2"),
              ElementsAre("the comma ends 'OTEL=a=1', and 'b=2' is a variable of its own: if it is "
                          "part of the value, quote it: OTEL=\"a=1,b=2\"; if not, put a blank "
                          "after the comma"));
  for (const char* text : {"OTEL=\"a=1,b=2\"", "OTEL=a=1, b=2", "A=1,B=2", "A=x=1 B=2", "'"}) {
    EXPECT_THAT(EnvironmentWarnings(text), IsEmpty()) << text;
  }
}

Environment Lines(absl::string_view text) { return ParseEnvironmentLines(text, "f").value(); }

std::string ProblemOf(absl::string_view text) {
  return std::string(ParseEnvironmentLines(text, "f").status().message());
}

TEST(ParseEnvironmentLinesTest, TakesLinesCommentsAndOverrides) {
  EXPECT_THAT(Lines("# c\r\nA=1 B=2\r\n\n ; c\nA=\"3 4\""),
              ElementsAre(Pair("A", "3 4"), Pair("B", "2")));
  EXPECT_THAT(Lines(""), IsEmpty());
  EXPECT_THAT(Lines("\xEF\xBB\xBFM=1"), ElementsAre(Pair("M", "1")));
}

TEST(ParseEnvironmentLinesTest, SkipsExport) {
  EXPECT_THAT(Lines("export A=1\n\texport B=2 C=3\nexport=4\n"),
              ElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C", "3"), Pair("export", "4")));
  EXPECT_THAT(ProblemOf("export"), HasSubstr("f:1: 'export' sets no variable"));
  EXPECT_THAT(ProblemOf("A=1\nexport A"), HasSubstr("f:2: 'A' sets no variable: write KEY=VALUE"));
}

TEST(ParseEnvironmentLinesTest, QuotedValuesGoOnOverLines) {
  EXPECT_THAT(Lines("KEY=\"-----BEGIN\n\n # no comment\n  -----END\" B=2\nC='x\r\ny'\n"),
              ElementsAre(Pair("KEY", "-----BEGIN\n\n # no comment\n  -----END"), Pair("B", "2"),
                          Pair("C", "x\ny")));
  EXPECT_THAT(Lines("A='it'\\''s\n2'"), ElementsAre(Pair("A", "it's\n2")));
}

TEST(ParseEnvironmentLinesTest, BackslashJoinsLines) {
  EXPECT_THAT(Lines("A=1 \\\n  B=2 C=\"x\\\ny\" \\\n"),
              ElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C", "xy")));
  EXPECT_THAT(Lines("A='x\\\ny' B=z\\\\\nC=3"),
              ElementsAre(Pair("A", "x\\\ny"), Pair("B", "z\\"), Pair("C", "3")));
  EXPECT_THAT(Lines("\\"), IsEmpty());
}

// Otherwise the value would swallow the lines up to the next quote.
TEST(ParseEnvironmentLinesTest, AQuoteInsideAValueEndsInItsLine) {
  EXPECT_THAT(ProblemOf("A=1\nB=it's\nC=it's\n"),
              HasSubstr("f:2: 'B=it's' has a quote that is not closed"));
  EXPECT_THAT(ProblemOf("A=\"1\" it's\nB='"), HasSubstr("f:1: "));
  EXPECT_THAT(ProblemOf("x'A=1\nB='2'"), HasSubstr("f:1: "));
}

TEST(ParseEnvironmentLinesTest, CommasArePartOfTheValue) {
  EXPECT_THAT(Lines("NO_PROXY=localhost,127.0.0.1\nOTEL=a=1,b.c=2\n"),
              ElementsAre(Pair("NO_PROXY", "localhost,127.0.0.1"), Pair("OTEL", "a=1,b.c=2")));
  EXPECT_THAT(ProblemOf("A=\"1\", B=2"),
              HasSubstr("f:1: 'A=1,' ends in a comma: leave it out, or quote the value if it is "
                        "part of it: A=\"1,\""));
  EXPECT_THAT(Lines("A=\"1,\" B=2\\,"), ElementsAre(Pair("A", "1,"), Pair("B", "2,")));
}

TEST(ParseEnvironmentLinesTest, NamesTheWrongLine) {
  EXPECT_THAT(ProblemOf("A=1\n\nnonsense\n"), HasSubstr("f:3: 'nonsense' sets no variable"));
  // The message names the first of the joined lines.
  EXPECT_THAT(ProblemOf("A=1\nB=\"x\ny\" nonsense\n"), HasSubstr("f:2: 'nonsense' sets no"));
  EXPECT_THAT(ProblemOf("A=1\nB=\"x\ny\n"), HasSubstr("f:2: 'B=\"x\\x0ay\\x0a' has a quote"));
}

TEST(MergeEnvironmentsTest, WinnerKeepsThePlace) {
  EXPECT_THAT(MergeEnvironments({{"A", "1"}, {"B", "2"}}, {{"C", "3"}, {"A", "9"}}),
              ElementsAre(Pair("A", "9"), Pair("B", "2"), Pair("C", "3")));
}

TEST(FormatEnvironmentTest, IsSortedAndParsesBack) {
  const Environment environment = {{"B", "a b"}, {"A", ""}, {"C", "it's"}, {"D", "1,E=2"}};
  EXPECT_EQ(FormatEnvironment(environment), "A= B='a b' C='it'\\''s' D='1,E=2'");
  EXPECT_THAT(ParseEnvironment(FormatEnvironment(environment)).value(),
              ElementsAre(Pair("A", ""), Pair("B", "a b"), Pair("C", "it's"), Pair("D", "1,E=2")));
}

}  // namespace
}  // namespace hob
