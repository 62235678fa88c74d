#include "server/text/printable.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::TestWithParam;
using ::testing::Values;

std::string Times(int count, absl::string_view text) {
  std::string repeated;
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(PrintableTest, KeepsOrdinaryText) {
  EXPECT_EQ(Printable(""), "");
  EXPECT_EQ(Printable("a b ~!\"'\\"), "a b ~!\"'\\");
  EXPECT_EQ(Printable("w\xc3\xa4rter \xe2\x82\xac \xf0\x9f\x98\x80"),
            "w\xc3\xa4rter \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST(PrintableTest, EscapesControlCharacters) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool control = byte < 0x20 || byte == 0x7F;
    EXPECT_EQ(Printable(text) == text, !control) << byte;
  }
  EXPECT_EQ(Printable(absl::string_view("\0\n\x1b\x7f", 4)), "\\x00\\x0a\\x1b\\x7f");
}

TEST(PrintableTest, EscapesC1Controls) {
  EXPECT_EQ(Printable("\xc2\x80"), "\\xc2\\x80");
  EXPECT_EQ(Printable("\xc2\x9f"), "\\xc2\\x9f");
  EXPECT_EQ(Printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(Printable("\xc3\x80"), "\xc3\x80");
}

TEST(PrintableTest, EscapesBidirectionalControls) {
  for (const char* text : {"\u061c", "\u200e", "\u200f", "\u2028", "\u202e", "\u2066", "\u2069"}) {
    EXPECT_THAT(Printable(text), testing::StartsWith("\\x")) << text;
  }
  for (const char* text :
       {"\u061b", "\u061d", "\u200d", "\u2010", "\u2027", "\u202f", "\u2065", "\u206a"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, KeepsFirstAndLastCharacterOfEachUtf8Length) {
  for (const char* text :
       {"\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

struct Broken {
  std::string bytes;
  std::string printed;
};

class NotUtf8Test : public TestWithParam<Broken> {};

TEST_P(NotUtf8Test, IsEscapedByteByByte) {
  EXPECT_EQ(Printable(GetParam().bytes), GetParam().printed);
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, NotUtf8Test,
    Values(Broken{"\x80", "\\x80"}, Broken{"\xbf", "\\xbf"}, Broken{"\xff", "\\xff"},
           Broken{"\xc0\xaf", "\\xc0\\xaf"}, Broken{"\xc1\xbf", "\\xc1\\xbf"},
           Broken{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},
           Broken{"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
           Broken{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
           Broken{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
           Broken{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"}, Broken{"\xc3", "\\xc3"},
           Broken{"\xe2\x82", "\\xe2\\x82"}, Broken{"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
           Broken{"\xc3(", "\\xc3("}, Broken{"\xe2(\xac", "\\xe2(\\xac"},
           Broken{"\xe2\x82(", "\\xe2\\x82("}, Broken{"\xf0\x9f\x98(", "\\xf0\\x9f\\x98("},
           Broken{"a\xffz", "a\\xffz"}));

TEST(PrintableTest, TruncatesAfterAHundredCharacters) {
  EXPECT_EQ(Printable(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(Printable(std::string(101, 'x')), std::string(100, 'x') + "...");
}

TEST(PrintableTest, TruncationCountsCharactersAndNeverSplitsOne) {
  EXPECT_EQ(Printable(Times(100, "\xe2\x82\xac")), Times(100, "\xe2\x82\xac"));
  EXPECT_EQ(Printable(Times(101, "\xe2\x82\xac")), Times(100, "\xe2\x82\xac") + "...");
  EXPECT_EQ(Printable(std::string(101, '\n')), Times(100, "\\x0a") + "...");
}

}  // namespace
}  // namespace hob
