#include "server/config/fuzz/reference_ini.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

ReferenceIni Parse(const std::string& text) {
  return ParseReferenceIni(text, [](const std::string& name) {
    return name == "foreign" ? ReferenceSection::kForeign : ReferenceSection::kRead;
  });
}

// Returns the only value of the section [s].
std::string ValueIn(const std::string& text) {
  const ReferenceIni ini = Parse("[s]\n" + text);
  EXPECT_THAT(ini.rejected, IsEmpty()) << text;
  const auto& entries = ini.sections.at("s");
  EXPECT_EQ(entries.size(), 1) << text;
  return entries.empty() ? "" : entries.begin()->second.value;
}

// Checks each rule of the syntax.
TEST(ReferenceIniTest, ReadsEveryRuleOfTheSyntax) {
  EXPECT_EQ(ValueIn("k=v"), "v");
  EXPECT_EQ(ValueIn("\tk \t=  v = w "), "v = w");
  EXPECT_EQ(ValueIn("; comment\nk = v ; comment"), "v");
  EXPECT_EQ(ValueIn("k = 'a ; b' a;b"), "'a ; b' a;b");
  EXPECT_EQ(ValueIn("k = # v"), "# v");
  EXPECT_EQ(ValueIn("k = v\n\n; comment\n w"), "v w");
  EXPECT_EQ(ValueIn("k = v \\\n  w=1"), "v w=1");
  EXPECT_EQ(ValueIn("k = v\\\\"), "v\\\\");
  EXPECT_EQ(ValueIn("k ="), "");
  EXPECT_EQ(ValueIn("k = 'v\n  ; w'"), "'v ; w'");
}

TEST(ReferenceIniTest, WrongLinesAreRejected) {
  EXPECT_THAT(Parse("[s]\nk = 1\nk = 2\n").rejected, ElementsAre(3));
  EXPECT_THAT(Parse("[s]\nk = 1\n  j = 2\nnonsense\n").rejected, ElementsAre(3, 4));
  EXPECT_THAT(Parse("k = 1\n  2\n[s]\n[s\nk\n[t]\n = 3\n[]\n").rejected, ElementsAre(1, 4, 7, 8));
  EXPECT_THAT(Parse("[foreign]\nk\n[s] t\n").rejected, IsEmpty());
}

TEST(ReferenceIniTest, SectionsAreMerged) {
  EXPECT_THAT(Parse("[s]\na = 1\n[t]\n[ s ] ; again\nb = 2\n").sections.at("s"),
              ElementsAre(Pair("a", ReferenceEntry{"1", 2}), Pair("b", ReferenceEntry{"2", 5})));
}

}  // namespace
}  // namespace hob
