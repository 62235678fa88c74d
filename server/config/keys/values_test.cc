#include "server/config/keys/values.h"

#include <sys/resource.h>

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ParseSizeTest, TakesBytesAndUnits) {
  const struct {
    const char* text;
    int64_t size;
  } kCases[] = {
      {"0", 0},
      {"512", 512},
      {"512B", 512},
      {"1KB", 1000},
      {"10MB", 10'000'000},
      {"10mb", 10'000'000},
      {"3GB", 3'000'000'000},
      {"1TB", 1'000'000'000'000},
      {"64KiB", 65536},
      {"64 KiB", 65536},
      {"1MiB", 1 << 20},
      {"1GiB", 1 << 30},
      {"1TiB", int64_t{1} << 40},
      {" 7 ", 7},
      {"9223372036854775807", std::numeric_limits<int64_t>::max()},
  };
  for (const auto& c : kCases) {
    const auto size = ParseSize(c.text);
    ASSERT_TRUE(size.ok()) << c.text << ": " << size.status();
    EXPECT_EQ(*size, c.size) << c.text;
  }
}

TEST(ParseSizeTest, RefusesNonsenseAndOverflow) {
  for (const char* text : {"", "MB", "-1", "+1", "1.5MB", "10 M B", "10X", "10M", "0x10"}) {
    EXPECT_THAT(ParseSize(text).status().message(), HasSubstr("is not a size: write")) << text;
  }
  for (const char* text : {"9223372036854775808", "9223372036854776KB", "8388608TiB"}) {
    EXPECT_THAT(ParseSize(text).status().message(), HasSubstr("is too large a size")) << text;
  }
}

TEST(FormatSizeTest, UsesTheLargestUnitThatFits) {
  EXPECT_EQ(FormatSize(0), "0");
  EXPECT_EQ(FormatSize(1), "1");
  EXPECT_EQ(FormatSize(1000), "1KB");
  EXPECT_EQ(FormatSize(65536), "64KiB");
  EXPECT_EQ(FormatSize(10'000'000), "10MB");
  EXPECT_EQ(FormatSize(int64_t{1} << 40), "1TiB");
}

TEST(ParseBooleanTest, TakesEightWordsInAnyCase) {
  for (const char* text : {"yes", "true", "on", "1", "YES", "True", " On "}) {
    EXPECT_EQ(ParseBoolean(text).value(), true) << text;
  }
  for (const char* text : {"no", "false", "off", "0", "NO", "False", "oFF"}) {
    EXPECT_EQ(ParseBoolean(text).value(), false) << text;
  }
  for (const char* text : {"", "y", "2", "yes no", "ja"}) {
    EXPECT_THAT(ParseBoolean(text).status().message(), HasSubstr("is neither yes nor no")) << text;
  }
}

TEST(ParseLimitTest, TakesOneNumberTwoOrUnlimited) {
  EXPECT_EQ(ParseLimit("1024").value(), (ResourceLimit{1024, 1024}));
  EXPECT_EQ(ParseLimit("1024:4096").value(), (ResourceLimit{1024, 4096}));
  EXPECT_EQ(ParseLimit("0:unlimited").value(), (ResourceLimit{0, RLIM_INFINITY}));
  EXPECT_EQ(ParseLimit(" unlimited ").value(), (ResourceLimit{RLIM_INFINITY, RLIM_INFINITY}));
}

TEST(ParseLimitTest, RefusesNonsense) {
  for (const char* text : {"", ":", "1:", ":1", "-1", "1:2:3", "many", "1 2", "Unlimited", "1k",
                           "99999999999999999999"}) {
    EXPECT_THAT(ParseLimit(text).status().message(), HasSubstr("is not a limit")) << text;
  }
  for (const char* text : {"2:1", "unlimited:5"}) {
    EXPECT_THAT(ParseLimit(text).status().message(), HasSubstr("soft limit above the hard one"));
  }
}

TEST(FormatLimitTest, ParsesBack) {
  for (const char* text : {"0", "1024", "1024:4096", "5:unlimited", "unlimited"}) {
    EXPECT_EQ(FormatLimit(ParseLimit(text).value()), text);
  }
}

TEST(ParseIntegerTest, ChecksTheRange) {
  EXPECT_EQ(ParseInteger("-20", -20, 19).value(), -20);
  EXPECT_EQ(ParseInteger(" 19 ", -20, 19).value(), 19);
  for (const char* text : {"", "20", "-21", "1.5", "+5", "--5", "five", "5 5",
                           "99999999999999999999", "-99999999999999999999"}) {
    EXPECT_THAT(ParseInteger(text, -20, 19).status().message(),
                HasSubstr("is not a whole number from -20 to 19"))
        << text;
  }
}

TEST(ParseNumberTest, ChecksTheRange) {
  EXPECT_EQ(ParseNumber("2", 1, 1000).value(), 2);
  EXPECT_EQ(ParseNumber("1.5", 1, 1000).value(), 1.5);
  for (const char* text : {"", "0.9", "1001", "-2", "nan", "inf", "1e2", "1.5.2", ".", "two"}) {
    EXPECT_THAT(ParseNumber(text, 1, 1000).status().message(),
                HasSubstr("is not a number from 1 to 1000"))
        << text;
  }
}

TEST(FormatNumberTest, IsShortAndParsesBack) {
  for (const char* text : {"2", "1.5", "0.1", "1000000", "0.3333333333333333", "123456789"}) {
    EXPECT_EQ(FormatNumber(ParseNumber(text, 0, 1e9).value()), text);
  }
  for (const double awkward : {1.0 / 3e5, 1e-21, 123456789.123456789, 5e-324}) {
    EXPECT_EQ(ParseNumber(FormatNumber(awkward), 0, 1e9).value(), awkward);
  }
}

TEST(ParseFractionTest, TakesPercentAndFraction) {
  EXPECT_DOUBLE_EQ(ParseFraction("10%").value(), 0.1);
  EXPECT_DOUBLE_EQ(ParseFraction("0%").value(), 0);
  EXPECT_DOUBLE_EQ(ParseFraction("100 %").value(), 1);
  EXPECT_DOUBLE_EQ(ParseFraction("0.25").value(), 0.25);
  EXPECT_DOUBLE_EQ(ParseFraction("0").value(), 0);
  for (const char* text : {"", "%", "101%", "-1%", "10", "1.5", "ten%"}) {
    EXPECT_THAT(ParseFraction(text).status().message(),
                HasSubstr("is not a share: write 0% to 100%"))
        << text;
  }
}

TEST(FormatFractionTest, IsPercent) {
  EXPECT_EQ(FormatFraction(0.1), "10%");
  EXPECT_EQ(FormatFraction(0.07), "7%");
  EXPECT_EQ(FormatFraction(0), "0%");
  EXPECT_EQ(FormatFraction(1), "100%");
}

TEST(FormatFractionTest, ParsesBackToTheSameNumber) {
  for (const double fraction : {1e-9, 1e-30, 1.0 / 3, 0.1 + 0.2, 0.999999999999, 5e-324}) {
    EXPECT_EQ(ParseFraction(FormatFraction(fraction)).value(), fraction);
  }
}

TEST(ParseModeTest, TakesOctal) {
  EXPECT_EQ(ParseMode("022").value(), 022);
  EXPECT_EQ(ParseMode("22").value(), 022);
  EXPECT_EQ(ParseMode("0660").value(), 0660);
  EXPECT_EQ(ParseMode("0").value(), 0);
  EXPECT_EQ(ParseMode("00777").value(), 0777);
  for (const char* text : {"", "8", "0888", "1000", "-1", "rw-rw----", "77777777777777777777"}) {
    EXPECT_THAT(ParseMode(text).status().message(),
                HasSubstr("is not an octal number from 0 to 0777"))
        << text;
  }
  EXPECT_EQ(FormatMode(0660), "0660");
  EXPECT_EQ(FormatMode(022), "022");
}

TEST(SplitListTest, SplitsAtBlanksAndCommas) {
  EXPECT_THAT(SplitList("a b,c ,\td"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(SplitList(""), IsEmpty());
  EXPECT_THAT(SplitList(" , "), IsEmpty());
}

TEST(ValuesTest, EchoHostileTextsEscapedAndCut) {
  const std::string hostile = "\x1B[31m" + std::string(500, 'x');
  const std::string message(ParseSize(hostile).status().message());
  EXPECT_THAT(message, HasSubstr("\\x1b[31m"));
  EXPECT_LT(message.size(), 250);
}

}  // namespace
}  // namespace hob
