#include "server/text/duration.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

TEST(ParseDurationTest, AcceptsEveryForm) {
  const struct {
    const char* text;
    absl::Duration duration;
  } kCases[] = {
      {"5", absl::Seconds(5)},
      {"0", absl::ZeroDuration()},
      {"0.5", absl::Milliseconds(500)},
      {".5", absl::Milliseconds(500)},
      {"0.1", absl::Milliseconds(100)},
      {" 5 ", absl::Seconds(5)},
      {"500ms", absl::Milliseconds(500)},
      {"250us", absl::Microseconds(250)},
      {"0.001us", absl::Nanoseconds(1)},
      {"0.0001us", absl::ZeroDuration()},
      {"5s", absl::Seconds(5)},
      {"5sec", absl::Seconds(5)},
      {"5 s", absl::Seconds(5)},
      {"2m", absl::Minutes(2)},
      {"2min", absl::Minutes(2)},
      {"1min30s", absl::Seconds(90)},
      {"1min 30s", absl::Seconds(90)},
      {"1h", absl::Hours(1)},
      {"1.5h", absl::Minutes(90)},
      {"2d", absl::Hours(48)},
      {"36500d", absl::Hours(24 * 36500)},
      {"0.00000000000000000000000000000001", absl::ZeroDuration()},
  };
  for (const auto& c : kCases) {
    const auto duration = ParseDuration(c.text);
    ASSERT_TRUE(duration.ok()) << c.text << ": " << duration.status();
    EXPECT_EQ(*duration, c.duration) << c.text;
  }
}

TEST(ParseDurationTest, RejectsNonsenseAndShowsTheRightForm) {
  for (const char* text :
       {"",    " ",   "-5",  "+5",   "5x", "abc",      "s",   "5.", ".",    "1.s",     "1min30",
        "1 2", "5s5", "1e3", "0x10", "5S", "infinity", "5s,", "--", "1..5", "\xC3\xA4"}) {
    const auto duration = ParseDuration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(duration.status().message(), HasSubstr("is not a duration: write seconds, or"));
  }
}

TEST(ParseDurationTest, RejectsTooLongDurations) {
  for (const char* text : {"36500d1us", "36501d", "99999999999999999999999999",
                           "9223372036854775808h", "20000d 20000d"}) {
    EXPECT_THAT(ParseDuration(text).status().message(), HasSubstr("is too long: at most 36500d"))
        << text;
  }
}

TEST(FormatDurationTest, WritesTheShortestParsableText) {
  const struct {
    absl::Duration duration;
    const char* text;
  } kCases[] = {
      {absl::ZeroDuration(), "0s"},
      {absl::Milliseconds(500), "500ms"},
      {absl::Milliseconds(1500), "1.5s"},
      {absl::Microseconds(1500), "1.5ms"},
      {absl::Microseconds(20), "20us"},
      {absl::Nanoseconds(1), "0.001us"},
      {absl::Seconds(5), "5s"},
      {absl::Seconds(90), "1min30s"},
      {absl::Minutes(60), "1h"},
      {absl::Hours(36), "1d12h"},
      {absl::Seconds(60) + absl::Milliseconds(500), "1min500ms"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(hob::FormatDuration(c.duration), c.text);
    EXPECT_EQ(*ParseDuration(c.text), c.duration) << c.text;
  }
  EXPECT_EQ(hob::FormatDuration(absl::InfiniteDuration()), "infinity");
}

}  // namespace
}  // namespace hob
