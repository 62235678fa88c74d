#include "server/config/ini/ini_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Parsed {
  std::vector<IniSection> sections;
  // "LINE: message"
  std::vector<std::string> problems;
  // "SECTION KEY=VALUE"
  std::vector<std::string> entries;
};

Parsed Parse(absl::string_view text) {
  ProblemList problems;
  Parsed parsed;
  parsed.sections = ParseIni(text, 0, &problems);
  for (const ConfigProblem& problem : problems.Sorted({"f"})) {
    parsed.problems.push_back(absl::StrCat(problem.line, ": ", problem.message));
  }
  for (const IniSection& section : parsed.sections) {
    for (const IniEntry& entry : section.entries) {
      parsed.entries.push_back(absl::StrCat(section.name, " ", entry.key, "=", entry.value));
    }
  }
  return parsed;
}

// Returns the value of `k` in [hob] whose entry has these lines.
std::string ValueOf(absl::string_view lines) {
  const Parsed parsed = Parse(absl::StrCat("[hob]\n", lines));
  EXPECT_THAT(parsed.problems, IsEmpty()) << lines;
  EXPECT_EQ(parsed.entries.size(), 1) << lines;
  return parsed.entries.empty() ? "" : parsed.sections[0].entries[0].value;
}

// Returns the only problem of a text.
std::string ProblemOf(absl::string_view text) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.problems.size(), 1) << text << ": " << testing::PrintToString(parsed.problems);
  return parsed.problems.empty() ? "" : parsed.problems[0];
}

TEST(IniFileTest, KeysAndValuesAreTrimmedAndSplitAtTheFirstEquals) {
  for (const char* line : {"k=v", "k = v", "k\t=\tv", "  k = v  ", "\tk=v\t", "k = v\r\n"}) {
    EXPECT_THAT(Parse(absl::StrCat("[hob]\n", line)).entries, ElementsAre("hob k=v")) << line;
  }
  EXPECT_EQ(ValueOf("k = a=b = c"), "a=b = c");
  EXPECT_EQ(ValueOf("k =="), "=");
  EXPECT_EQ(ValueOf("k ="), "");
  EXPECT_THAT(Parse("[hob]\na b = c").entries, ElementsAre("hob a b=c"));
}

TEST(IniFileTest, CommentsAreRemoved) {
  const struct {
    const char* lines;
    const char* value;
  } kCases[] = {
      {"; a = b\nk = v", "v"},
      {"  ; a = b\nk = v\n\t; c", "v"},
      {"k = v ; text", "v"},
      {"k = v\t;text", "v"},
      {"k = v ;", "v"},
      {"k = ; text", ""},
      {"k = a;b", "a;b"},
      {"k = a; b", "a; b"},
      {"k =;b", ";b"},
      {"k = 'a ; b'", "'a ; b'"},
      {"k = \"a ; b\" ; c", "\"a ; b\""},
      {"k = 'a';b ;c", "'a';b"},
      {"k = a\\ ;b", "a\\ ;b"},
      {"k = a \\;b", "a \\;b"},
      {"k = it\\'s ; c", "it\\'s"},
      {"k = \"a\\\" ; b\"", "\"a\\\" ; b\""},
      {"k = '\\' ; b", "'\\'"},
      {"k = v # no comment", "v # no comment"},
      {"k = v ; a ' quote\nl =", "v"},
  };
  for (const auto& c : kCases) {
    const Parsed parsed = Parse(absl::StrCat("[hob]\n", c.lines));
    ASSERT_FALSE(parsed.entries.empty()) << c.lines;
    EXPECT_EQ(parsed.sections[0].entries[0].value, c.value) << c.lines;
    EXPECT_THAT(parsed.problems, IsEmpty()) << c.lines;
  }
}

TEST(IniFileTest, IndentedLinesContinueTheValue) {
  const struct {
    const char* lines;
    const char* value;
  } kCases[] = {
      {"k = a\n  b", "a b"},
      {"k = a\n\tb  \n c", "a b c"},
      {"k =\n  b", "b"},
      {"k = a ; c\n  b ; d=e\n  c", "a b c"},
      {"k = a\n; c\n\n   \n  b", "a b"},
      {"k = a\n  ; c = d\n  b", "a b"},
      {"k = a\n  [hob]", "a [hob]"},
      {"k = a\n  # b", "a # b"},
      {"k = 'a\n  ; b'", "'a ; b'"},
      {"k = 'a\n  b ; c'\n  ; d", "'a b ; c'"},
      {"  k = a\n  b", "a b"},
      {"  k = a\n b", "a b"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ValueOf(c.lines), c.value) << c.lines;
}

TEST(IniFileTest, BackslashJoinsTheNextLine) {
  const struct {
    const char* lines;
    const char* value;
  } kCases[] = {
      {"k = a \\\nb", "a b"},
      {"k = a\\\nb", "a b"},
      {"k = a \\  \n   b=c \\\n\td", "a b=c d"},
      {"k = a \\\r\nb\r\n", "a b"},
      {"k = \\\nb", "b"},
      {"k = a \\", "a"},
      {"k = a \\\n", "a"},
      {"k = a \\\n\n", "a"},
      {"k = a \\\n[hob]", "a [hob]"},
      {"k = a \\\n; comment", "a"},
      {"k = a \\\nb ; comment", "a b"},
      {"k = 'a \\\n; b'", "'a ; b'"},
      {"k = a\\\\", "a\\\\"},
      {"k = a\\\\\\\nb", "a\\\\ b"},
      {"k = a ; c \\\n  b", "a b"},
      {"k = a \\\nb\n  c", "a b c"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ValueOf(c.lines), c.value) << c.lines;
  EXPECT_THAT(Parse("[hob]\nk = a \\  ; c\nl = b").entries, ElementsAre("hob k=a \\", "hob l=b"));
  EXPECT_THAT(Parse("[hob]\nk = a\\\\\nl = b").entries, ElementsAre("hob k=a\\\\", "hob l=b"));
  EXPECT_THAT(Parse("[hob]\nk = a ; c \\\nl = b").entries, ElementsAre("hob k=a", "hob l=b"));
}

TEST(IniFileTest, DeeperIndentedKeyIsAnError) {
  EXPECT_EQ(ProblemOf("[hob]\nk = a\n  l = b"),
            "3: 'l = b' is indented deeper than 'k' in line 2: to continue that value, end the "
            "line before with \\; to set a key of its own, unindent it");
  EXPECT_THAT(ProblemOf("[hob]\n    k = a\n\tl = b"), HasSubstr("3: 'l = b' is indented deeper"));
  EXPECT_THAT(ProblemOf("[hob]\nk = 'a\n  l=b'"), HasSubstr("3: 'l=b'' is indented deeper"));
  // A line indented as deep or less is a key of its own, and so is the first line of a section.
  EXPECT_THAT(Parse("[hob]\n  k = a\n  l = b\n m = c\n[hob]\n    n = d").entries,
              ElementsAre("hob k=a", "hob l=b", "hob m=c", "hob n=d"));
  // The value goes on after the error.
  EXPECT_THAT(Parse("[hob]\nk = a\n  l = b\n  c").entries, ElementsAre("hob k=a c"));
}

TEST(IniFileTest, SameKeyTwiceNamesBothLines) {
  EXPECT_EQ(ProblemOf("[hob]\nk = a\n[x]\n[hob]\nk =\n"),
            "5: 'k' is set twice in [hob], in line 2 and in line 5: keep one of them");
  EXPECT_THAT(Parse("[hob]\nk = a\nk = b\nk = c").problems,
              ElementsAre(HasSubstr("in line 2 and in line 3"), HasSubstr("line 2 and in line 4")));
  EXPECT_THAT(Parse("[hob]\nk = a\nK = b\n[os_daemons]\nk = c").problems, IsEmpty());
}

TEST(IniFileTest, SectionsAreMergedAndTheirHeadersForgiving) {
  const Parsed parsed =
      Parse("[ hob ]\na=1\n[os_daemons] ; text\nb=2\n[hob];text\nc=3\n[\thob\t]\t \nd=4\n");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(parsed.entries, ElementsAre("hob a=1", "hob c=3", "hob d=4", "os_daemons b=2"));
  EXPECT_EQ(parsed.sections[0].line, 1);
  EXPECT_EQ(parsed.sections[1].line, 3);
  EXPECT_EQ(parsed.sections[1].entries[0].line, 4);
}

TEST(IniFileTest, WrongHeadersAreErrors) {
  EXPECT_EQ(ProblemOf("[hob\nk = v\n"),
            "1: the section's header '[hob' is not closed: write [hob]");
  EXPECT_THAT(ProblemOf("[os_daemons ; of [ours]"), HasSubstr("write [os_daemons]"));
  EXPECT_EQ(ProblemOf("[]"), "1: the section's header is empty: write [NAME]");
  EXPECT_THAT(ProblemOf("[  ] ; x"), HasSubstr("is empty"));
  EXPECT_EQ(ProblemOf("[hob] x = y"),
            "1: the header [hob] is followed by 'x = y': give that a line of its own, or put ';' "
            "before a comment");
  EXPECT_THAT(ProblemOf("[Hob]\nnonsense\n"), HasSubstr("1: [Hob] is not a section of hob's: did"));
  EXPECT_THAT(ProblemOf("[daemon:a/b]\n"), HasSubstr("did you mean 'a-b'?"));
}

TEST(IniFileTest, ForeignSectionsAreLeftAlone) {
  const Parsed parsed = Parse(
      "[couchdb]\nnonsense\nk = a\n  l = b\nk = c\n= d\n# e\n[{a, b},\n  [x]\n[]\n'\n"
      "k = v \\\n[hob]\na = 1\n");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(parsed.entries, ElementsAre("hob a=1"));
  EXPECT_EQ(parsed.sections[0].meaning.kind, SectionKind::kForeign);
}

TEST(IniFileTest, MisspeltHeadersAreFoundInForeignSections) {
  EXPECT_THAT(Parse("[x]\n  [os_daemons]\na = 1").entries, ElementsAre("os_daemons a=1"));
  EXPECT_THAT(ProblemOf("[x]\n[os_daemons\na = 1"), HasSubstr("2: the section's header"));
  EXPECT_THAT(ProblemOf("[x]\n[hob] y\na = 1"),
              HasSubstr("2: the header [hob] is followed by 'y'"));
  EXPECT_THAT(ProblemOf("[x]\n[os_daemon]\na = 1"), HasSubstr("did you mean [os_daemons]?"));
}

TEST(IniFileTest, LinesThatAreNothingAreErrors) {
  EXPECT_EQ(ProblemOf("[hob]\nnonsense ; c"),
            "2: 'nonsense' is neither [SECTION], KEY = VALUE nor '; comment' (a line that "
            "continues a value starts with a blank)");
  EXPECT_EQ(ProblemOf("[hob]\n  nonsense"),
            "2: 'nonsense' is indented, and there is no value before it to continue: write KEY = "
            "VALUE");
  EXPECT_EQ(ProblemOf("[hob]\n# c"), "2: '# c': '#' starts no comment here, write ';'");
  EXPECT_EQ(ProblemOf("[hob]\n#c = d\n  e"), "2: '#c': '#' starts no comment here, write ';'");
  EXPECT_EQ(ProblemOf("[hob]\n= v"), "2: there is no key before '=': write KEY = VALUE");
  EXPECT_EQ(ProblemOf("k = v\n  w\n[hob]"),
            "1: 'k' stands before the first section: write a header such as [os_daemons] above it");
  EXPECT_THAT(Parse("a\nb\n[hob]\nc\n").problems.size(), 3);
  EXPECT_THAT(Parse("  [hob]\na = 1").entries, ElementsAre("hob a=1"));
}

TEST(IniFileTest, ByteOrderMarkCrLfAndNoLastNewlineAreAccepted) {
  EXPECT_THAT(Parse("\xEF\xBB\xBF[hob]\r\nk = v\r\n  w\r").entries, ElementsAre("hob k=v w"));
  EXPECT_THAT(Parse("").sections, IsEmpty());
  EXPECT_THAT(Parse("\n\r\n\n").problems, IsEmpty());
}

TEST(IniFileTest, NulAndOtherEncodingsAreErrorsEverywhere) {
  using std::string_literals::operator""s;
  EXPECT_EQ(ProblemOf("[hob]\nk = a\0b"s), "2: byte 6 of the line is NUL: take it out");
  EXPECT_EQ(ProblemOf("[hob]\nk\xFF = v"),
            "2: byte 2 of the line (0xff) is not UTF-8: save the file in that encoding");
  EXPECT_THAT(ProblemOf("[x]\nk = \xC3("), HasSubstr("2: byte 5 of the line (0xc3)"));
  EXPECT_THAT(ProblemOf("; \xFF"), HasSubstr("1: byte 3"));
  EXPECT_THAT(ProblemOf("\xFF\xFE[hob]"), HasSubstr("1: byte 1"));
  EXPECT_THAT(ProblemOf("[hob\xFF]\nk = v"), HasSubstr("1: byte 5"));
  EXPECT_THAT(ProblemOf("[hob]\nk = a\n  b\xFF\n  c"), HasSubstr("3: byte 4"));
  EXPECT_THAT(ProblemOf("[hob]\nk = a\n  b=\xFF"), HasSubstr("3: byte 5"));
  EXPECT_THAT(ProblemOf("[hob]\n\xFF"), HasSubstr("2: byte 1"));
  EXPECT_THAT(ProblemOf("\xFF = v\n[hob]\n"), HasSubstr("1: byte 1"));
  // The result lacks a broken entry.
  EXPECT_THAT(Parse("[hob]\nk = a\n  b\xFF\nl = v").entries, ElementsAre("hob l=v"));
  // All of Unicode is allowed.
  EXPECT_EQ(ValueOf("k = \xC3\xA4 \xE2\x82\xAC \xED\x9F\xBF \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF"),
            "\xC3\xA4 \xE2\x82\xAC \xED\x9F\xBF \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF");
  for (const char* wrong : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82", "\xC3"}) {
    EXPECT_THAT(ProblemOf(absl::StrCat("[hob]\nk = ", wrong)), HasSubstr("is not UTF-8"));
  }
}

TEST(IniFileTest, LongLinesAreErrors) {
  const std::string longest(kMaxConfigLineSize - 4, 'x');
  EXPECT_EQ(ValueOf("k = " + longest), longest);
  EXPECT_EQ(ProblemOf("[hob]\nk = x" + longest),
            "2: the line has 65537 bytes, at most 65536 are allowed");
  EXPECT_THAT(ProblemOf("[x]\nk = x" + longest), HasSubstr("2: the line has 65537 bytes"));

  const std::string half(kMaxConfigLineSize / 2 - 4, 'x');
  EXPECT_EQ(ValueOf(absl::StrCat("k = ", half, "\n  ", half, "xxx")).size(), 2 * half.size() + 4);
  EXPECT_EQ(ProblemOf(absl::StrCat("[hob]\nk = ", half, "\n  ", half, "xxxx\n b\nl = v")),
            "2: the value of 'k' and the lines joined to it have more than 65536 bytes");
}

TEST(IniFileTest, ManyProblemsAreCountedAndNotKept) {
  std::string text = "[hob]\n";
  for (int i = 0; i < 20'000; ++i) text += "x\n";
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.problems.size(), 10'001);
  EXPECT_EQ(parsed.problems.back(), "0: 10000 more problems are not shown: fix these first");
}

TEST(IniFileTest, MessagesCutAndEscapeQuotedTexts) {
  const std::string problem = ProblemOf("[hob]\n\x1B[31m" + std::string(5000, 'x'));
  EXPECT_THAT(problem, HasSubstr("\\x1b[31m"));
  EXPECT_LT(problem.size(), 300);
}

}  // namespace
}  // namespace hob
