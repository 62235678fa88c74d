#include "server/config/ini/quoting.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

std::vector<std::string> Texts(absl::string_view text) {
  std::vector<std::string> texts;
  const std::vector<QuotedWord> words = SplitWords(text).value();
  for (const QuotedWord& word : words) texts.push_back(word.text);
  return texts;
}

TEST(SplitWordsTest, QuotesAreThoseOfPosixShell) {
  using Words = std::vector<std::string>;
  const struct {
    const char* text;
    Words words;
  } kCases[] = {
      {"", {}},
      {"a b\tc", {"a", "b", "c"}},
      {"'a b'", {"a b"}},
      {"\"a b\"", {"a b"}},
      {"a' 'b\" \"c", {"a b c"}},
      {"a\\ b", {"a b"}},
      {"\\'a\\\"", {"'a\""}},
      {"\\\\", {"\\"}},
      {"'\\'", {"\\"}},
      {"'a\\n'", {"a\\n"}},
      {"\"a\\nb\"", {"a\\nb"}},
      {"\"\\\"\\\\\\$\\`\"", {"\"\\$`"}},
      {"\"it's\"", {"it's"}},
      {"'say \"x\"'", {"say \"x\""}},
      {"''", {""}},
      {"$HOME *", {"$HOME", "*"}},
      {"a#b #c", {"a#b", "#c"}},
      {"\xC3\xA4 b", {"\xC3\xA4", "b"}},
  };
  for (const auto& c : kCases) EXPECT_EQ(Texts(c.text), c.words) << c.text;
}

TEST(SplitWordsTest, OpenQuoteAndLastBackslashAreErrors) {
  for (const char* text : {"'", "\"", "a 'b", "a \"b\\\"", "'a\\"}) {
    EXPECT_THAT(SplitWords(text).status().message(), HasSubstr("has a quote that is not closed"));
    EXPECT_THAT(Unquote(text).status().message(), HasSubstr("has a quote that is not closed"));
  }
  EXPECT_THAT(SplitWords("a\\").status().message(), HasSubstr("ends in a single backslash"));
}

TEST(SplitWordsTest, FindsCharactersForAShell) {
  const struct {
    const char* text;
    const char* characters;
  } kCases[] = {
      {"$HOME", "$"},       {"a*b", "*"},
      {"a>b<c|d&", "><|&"}, {"~/x", "~"},
      {"a~", ""},           {"'~'", ""},
      {"\\$x", ""},         {"'$*><|&'", ""},
      {"\"$x\"", ""},       {"''$", "$"},
      {"#x", "#"},          {"x#", ""},
      {"'#'", ""},          {"http://h?a=1&b", "&"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(SplitWords(c.text).value().at(0).shell_characters, c.characters) << c.text;
  }
}

TEST(SplitWordsTest, FindsExpansions) {
  for (const char* text : {"$x", "a${b}", "\"$(date)\"", "'a'$_", "`date`", "~", "A=~/x"}) {
    EXPECT_TRUE(SplitWords(text).value().at(0).has_expansion) << text;
  }
  for (const char* text :
       {"'$x'", "\\$x", "\"\\$x\"", "$", "a$", "$1", "'`'", "\\`", "A='~/x'", "a~", "~x"}) {
    EXPECT_FALSE(SplitWords(text).value().at(0).has_expansion) << text;
  }
}

TEST(SplitWordsTest, FindsSeparators) {
  const std::vector<QuotedWord> words =
      SplitWords("a,b c , d", Separators::kBlanksAndCommas).value();
  ASSERT_EQ(words.size(), 4);
  EXPECT_FALSE(words[0].after_comma || words[0].after_blank);
  EXPECT_TRUE(words[1].after_comma && !words[1].after_blank);
  EXPECT_TRUE(!words[2].after_comma && words[2].after_blank);
  EXPECT_TRUE(words[3].after_comma && words[3].after_blank);
}

TEST(SplitWordsTest, TellsOfACommaAtTheEnd) {
  EXPECT_TRUE(SplitWords("a,").value().at(0).ends_in_comma);
  for (const char* text : {"a", "a\\,", "'a,'", "a,b", "a,''"}) {
    EXPECT_FALSE(SplitWords(text).value().at(0).ends_in_comma) << text;
  }
}

TEST(SplitItemsTest, UnquotedBlanksAndCommasSeparate) {
  using Items = std::vector<std::string>;
  EXPECT_EQ(SplitItems("a b,c ,\td").value(), (Items{"a", "b", "c", "d"}));
  EXPECT_EQ(SplitItems("'a, b',c\\,d e\\ f").value(), (Items{"a, b", "c,d", "e f"}));
  EXPECT_EQ(SplitItems("").value(), Items{});
  EXPECT_EQ(SplitItems(" , '',").value(), Items{});
  EXPECT_THAT(SplitItems("a,'").status().message(), HasSubstr("not closed"));
}

TEST(UnquoteTest, KeepsBlanks) {
  EXPECT_EQ(Unquote("/srv/my web").value(), "/srv/my web");
  EXPECT_EQ(Unquote("\"/srv/my  web\"").value(), "/srv/my  web");
  EXPECT_EQ(Unquote("a\\\\b").value(), "a\\b");
}

TEST(QuoteWordTest, ParsesBack) {
  for (const char* word :
       {"", "plain", "a b", "it's", "a;b", " ;", "\\", "\"", "$x", "'", "a\\", "a,b", ","}) {
    EXPECT_EQ(SplitItems(absl::StrCat("x ", QuoteWord(word))).value().size(), *word == 0 ? 1 : 2);
    EXPECT_EQ(Unquote(QuoteWord(word)).value(), word);
    EXPECT_EQ(Texts(QuoteWord(word)), std::vector<std::string>{word});
  }
  EXPECT_EQ(QuoteWord("/usr/bin/x-1.2_a@b%+=:"), "/usr/bin/x-1.2_a@b%+=:");
}

}  // namespace
}  // namespace hob
