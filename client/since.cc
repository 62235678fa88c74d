#include "client/since.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {
namespace client {

absl::StatusOr<absl::Time> ParseSince(absl::string_view text, absl::Time now,
                                      const absl::TimeZone& zone) {
  absl::Time time;
  const absl::StatusOr<absl::Duration> ago = ParseDuration(text);
  if (ago.ok()) return now - *ago;
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, zone, &time, nullptr)) return time;
  }
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M"}) {
    for (const absl::CivilDay day : {today, today - 1}) {
      const std::string with_day = absl::StrCat(absl::FormatCivilTime(day), " ", text);
      if (absl::ParseTime(format, with_day, zone, &time, nullptr) && time <= now) return time;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", Printable(text),
      "' is not a time: write how long ago (10min), a time of the day (12:30), or a date "
      "and time ('2026-01-31 12:30')"));
}

}  // namespace client
}  // namespace hob
