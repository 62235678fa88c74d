#include "client/since.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

using ::testing::HasSubstr;

// 2026-01-01 12:00:00 UTC, 13:00 in the zone.
const absl::Time kNow = absl::FromUnixSeconds(1767268800);

std::string Parsed(absl::string_view text) {
  const absl::StatusOr<absl::Time> time = ParseSince(text, kNow, absl::FixedTimeZone(3600));
  if (!time.ok()) return std::string(time.status().message());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", *time, absl::UTCTimeZone());
}

TEST(SinceTest, ADurationCountsBackFromNow) {
  EXPECT_EQ(Parsed("10min"), "2026-01-01 11:50:00");
  EXPECT_EQ(Parsed("90"), "2026-01-01 11:58:30");
  EXPECT_EQ(Parsed("1d"), "2025-12-31 12:00:00");
}

TEST(SinceTest, ATimeOfDayIsTheLatestSuchTime) {
  EXPECT_EQ(Parsed("12:30"), "2026-01-01 11:30:00");
  EXPECT_EQ(Parsed("12:30:05.5"), "2026-01-01 11:30:05.5");
  EXPECT_EQ(Parsed("13:30"), "2025-12-31 12:30:00");
}

TEST(SinceTest, ADateIsInTheZoneUnlessItNamesOne) {
  EXPECT_EQ(Parsed("2025-12-30"), "2025-12-29 23:00:00");
  EXPECT_EQ(Parsed("2025-12-30 08:15"), "2025-12-30 07:15:00");
  EXPECT_EQ(Parsed("2025-12-30 08:15:01"), "2025-12-30 07:15:01");
  EXPECT_EQ(Parsed("2025-12-30T08:15:01Z"), "2025-12-30 08:15:01");
}

TEST(SinceTest, AMalformedTimeIsRejectedWithTheRightForms) {
  for (const char* text : {"", "yesterday", "25:00", "2026-13-01", "-5min"}) {
    EXPECT_THAT(Parsed(text), HasSubstr("is not a time: write how long ago")) << text;
  }
}

}  // namespace
}  // namespace client
}  // namespace hob
