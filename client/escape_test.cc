#include "client/escape.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

TEST(EscapeTest, OrdinaryTextIsUntouchedHoweverLong) {
  const std::string text = "naïve café 日本 🙂 \\ \" " + std::string(5000, 'x');
  EXPECT_EQ(Escape(text), text);
}

TEST(EscapeTest, ControlCharactersAreShown) {
  EXPECT_EQ(Escape("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(Escape("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(Escape(absl::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Escape("\xc2\x9b"), "\\u009b");
}

TEST(EscapeTest, ChangesOfDirectionAndLineSeparatorsAreShown) {
  EXPECT_EQ(Escape("a\u202eb\u2066c\u2028d\u200fe"), "a\\u202eb\\u2066c\\u2028d\\u200fe");
}

TEST(EscapeTest, BytesThatAreNotUtf8AreShown) {
  EXPECT_EQ(Escape("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Escape("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Escape("\xe2\x82z"), "\\xe2\\x82z");
  EXPECT_EQ(Escape("\xe0\x80\x80"), "\\xe0\\x80\\x80");
}

TEST(EscapeTest, WidthCountsCharacters) {
  EXPECT_EQ(Width(""), 0);
  EXPECT_EQ(Width("café"), 4);
}

TEST(EscapeTest, CutKeepsWholeCharactersAndMarksTheCut) {
  EXPECT_EQ(Cut("café", 4), "café");
  EXPECT_EQ(Cut("cafés", 4), "caf…");
  EXPECT_EQ(Cut("éééé", 3), "éé…");
  EXPECT_EQ(Cut("ab", 1), "…");
}

}  // namespace
}  // namespace client
}  // namespace hob
