#include "server/daemon/daemon_name.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::TestWithParam;
using ::testing::Values;

std::string Times(int count, absl::string_view text) {
  std::string repeated;
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

class ValidNameTest : public TestWithParam<std::string> {};

TEST_P(ValidNameTest, IsAccepted) { EXPECT_TRUE(IsValidDaemonName(GetParam())); }

INSTANTIATE_TEST_SUITE_P(F65, ValidNameTest,
                         Values("a", "Z", "0", "_", "web", "a.b-c_d", "a..b", "a--", "a.",
                                "9-lives", "grpc", "grpc-web", "GRPC.x", "hob.v1",
                                "hob.v1.supervisor", "hob.v1.Supervisor2", std::string(64, 'x')));

class InvalidNameTest : public TestWithParam<std::string> {};

TEST_P(InvalidNameTest, IsRefused) { EXPECT_FALSE(IsValidDaemonName(GetParam())); }

INSTANTIATE_TEST_SUITE_P(F65, InvalidNameTest,
                         Values("", ".", "..", "-", ".a", "-a", "../x", "a/b", "/", "a b", " a",
                                "a ", "a\n", "a\t", "a:b", "a=b", "a@b", "a*", "[a]", "%s",
                                "\x1b[31m", "w\xc3\xa4rter", std::string("a\0b", 3),
                                std::string(65, 'x'), "hob.v1.Supervisor", "grpc.",
                                "grpc.health.v1.Health"));

TEST(DaemonNameTest, OfAllBytesExactlyLettersDigitsAndThreeMoreAreAllowed) {
  const std::string first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool may_be_first = first.find(c) != std::string::npos;
    EXPECT_EQ(IsValidDaemonName(std::string(1, c)), may_be_first) << byte;
    EXPECT_EQ(IsValidDaemonName(absl::StrCat("a", std::string(1, c), "b")),
              may_be_first || c == '.' || c == '-')
        << byte;
  }
}

struct Complaint {
  std::string name;
  std::string message;
};

class WhyInvalidTest : public TestWithParam<Complaint> {};

TEST_P(WhyInvalidTest, SaysWhatIsWrongAndWhatIsNearest) {
  EXPECT_EQ(WhyInvalidDaemonName(GetParam().name), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Names, WhyInvalidTest,
    Values(
        Complaint{"", "a daemon's name is empty: give it 1 to 64 letters, digits, '_', '.' or '-'"},
        Complaint{"a/b",
                  "'a/b' is no name for a daemon: only letters, digits, '_', '.' and '-' are "
                  "allowed; did you mean 'a-b'?"},
        Complaint{"-a",
                  "'-a' is no name for a daemon: the first must be a letter, a digit or '_'; did "
                  "you mean 'a'?"},
        Complaint{"..", "'..' is no name for a daemon: the first must be a letter, a digit or '_'"},
        Complaint{"///",
                  "'///' is no name for a daemon: only letters, digits, '_', '.' and '-' are "
                  "allowed"},
        Complaint{"  my  web\tserver ",
                  "'  my  web\\x09server ' is no name for a daemon: only letters, digits, '_', '.' "
                  "and '-' are allowed; did you mean 'my-web-server'?"},
        Complaint{"a-/b",
                  "'a-/b' is no name for a daemon: only letters, digits, '_', '.' and '-' are "
                  "allowed; did you mean 'a-b'?"},
        Complaint{"hob.v1.Supervisor",
                  "'hob.v1.Supervisor' is no name for a daemon: it is the name of a gRPC service; "
                  "choose another"},
        Complaint{"grpc.\n",
                  "'grpc.\\x0a' is no name for a daemon: it is the name of a gRPC service; choose "
                  "another"},
        Complaint{"/grpc.x",
                  "'/grpc.x' is no name for a daemon: only letters, digits, '_', '.' and '-' are "
                  "allowed"},
        Complaint{std::string(65, 'x'),
                  absl::StrCat("'", std::string(65, 'x'),
                               "' is no name for a daemon: it has 65 characters, at most 64 are "
                               "allowed; did you mean '",
                               std::string(64, 'x'), "'?")}));

TEST(DaemonNameTest, NearestNameDoesNotEndWithADashWhereItIsCut) {
  const std::string head(63, 'x');
  EXPECT_THAT(WhyInvalidDaemonName(head + "/y"),
              EndsWith(absl::StrCat("; did you mean '", head, "'?")));
}

TEST(DaemonNameTest, CharactersThatAreNotAllowedAreNotCountedAsBytes) {
  // 40 characters in 80 bytes.
  EXPECT_THAT(WhyInvalidDaemonName(Times(40, "\xc3\xa4")),
              EndsWith("only letters, digits, '_', '.' and '-' are allowed"));
}

TEST(DaemonNameTest, ComplaintsOfHostileNamesAreShortAndHarmless) {
  const std::string complaint = WhyInvalidDaemonName(Times(5000, "\x1b[2J"));
  EXPECT_LT(complaint.size(), 1000);
  EXPECT_THAT(complaint, Not(HasSubstr("\x1b")));
  EXPECT_THAT(complaint, HasSubstr("\\x1b[2J"));
}

TEST(PrintableTest, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(Printable(""), "");
  EXPECT_EQ(Printable("a b ~!\"'\\"), "a b ~!\"'\\");
  EXPECT_EQ(Printable("w\xc3\xa4rter \xe2\x82\xac \xf0\x9f\x98\x80"),
            "w\xc3\xa4rter \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST(PrintableTest, ControlCharactersAreEscaped) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool control = byte < 0x20 || byte == 0x7F;
    EXPECT_EQ(Printable(text) == text, !control) << byte;
  }
  EXPECT_EQ(Printable(absl::string_view("\0\n\x1b\x7f", 4)), "\\x00\\x0a\\x1b\\x7f");
}

TEST(PrintableTest, ControlsOfTheUpperRangeAreEscaped) {
  EXPECT_EQ(Printable("\xc2\x80"), "\\xc2\\x80");
  EXPECT_EQ(Printable("\xc2\x9f"), "\\xc2\\x9f");
  EXPECT_EQ(Printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(Printable("\xc3\x80"), "\xc3\x80");
}

TEST(PrintableTest, S11_WhatTurnsTextAroundIsEscaped) {
  for (const char* text : {"\u061c", "\u200e", "\u200f", "\u2028", "\u202e", "\u2066", "\u2069"}) {
    EXPECT_THAT(Printable(text), testing::StartsWith("\\x")) << text;
  }
  for (const char* text :
       {"\u061b", "\u061d", "\u200d", "\u2010", "\u2027", "\u202f", "\u2065", "\u206a"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, FirstAndLastCharacterOfEachUtf8LengthStay) {
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

TEST(PrintableTest, TextIsCutAfterAHundredCharacters) {
  EXPECT_EQ(Printable(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(Printable(std::string(101, 'x')), std::string(100, 'x') + "...");
}

TEST(PrintableTest, CutCountsCharactersAndNeverTearsOne) {
  EXPECT_EQ(Printable(Times(100, "\xe2\x82\xac")), Times(100, "\xe2\x82\xac"));
  EXPECT_EQ(Printable(Times(101, "\xe2\x82\xac")), Times(100, "\xe2\x82\xac") + "...");
  EXPECT_EQ(Printable(std::string(101, '\n')), Times(100, "\\x0a") + "...");
}

}  // namespace
}  // namespace hob
