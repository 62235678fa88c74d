#include "server/text/duration.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/optional.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Longer than any useful wait, and far below the range of nanoseconds in 64 bits.
constexpr absl::Duration kMaxDuration = absl::Hours(24 * 36500);

struct DurationUnit {
  absl::string_view name;
  absl::Duration length;
};

constexpr DurationUnit kUnits[] = {
    {"us", absl::Microseconds(1)}, {"ms", absl::Milliseconds(1)}, {"s", absl::Seconds(1)},
    {"sec", absl::Seconds(1)},     {"m", absl::Minutes(1)},       {"min", absl::Minutes(1)},
    {"h", absl::Hours(1)},         {"d", absl::Hours(24)},
};

// Units of FormatDuration, longest first.
constexpr DurationUnit kUnitsFromMinutes[] = {
    {"d", absl::Hours(24)}, {"h", absl::Hours(1)}, {"min", absl::Minutes(1)}};

absl::optional<absl::Duration> UnitLength(absl::string_view name) {
  for (const DurationUnit& unit : kUnits) {
    if (name == unit.name) return unit.length;
  }
  return absl::nullopt;
}

absl::string_view TakeWhile(absl::string_view* rest, bool (*is)(unsigned char)) {
  int length = 0;
  while (length < rest->size() && is((*rest)[length])) ++length;
  const absl::string_view taken = rest->substr(0, length);
  rest->remove_prefix(length);
  return taken;
}

// Multiplies a decimal number by a unit, without floating point so that 0.1 is exact. Infinite if
// the result exceeds kMaxDuration.
absl::Duration Times(absl::string_view whole, absl::string_view fraction, absl::Duration unit) {
  absl::Duration total;
  for (char digit : whole) {
    total = total * 10 + unit * (digit - '0');
    if (total > kMaxDuration) return absl::InfiniteDuration();
  }
  for (char digit : fraction.substr(0, 15)) {
    unit /= 10;
    total += unit * (digit - '0');
  }
  return total;
}

// Consumes one "NUMBER UNIT" at the front of `rest`; absent if there is none. Accepts a number
// without a unit only if `alone` is true and nothing follows.
absl::optional<absl::Duration> TakePart(absl::string_view* rest, bool alone) {
  const absl::string_view whole = TakeWhile(rest, absl::ascii_isdigit);
  absl::string_view fraction;
  if (!rest->empty() && rest->front() == '.') {
    rest->remove_prefix(1);
    fraction = TakeWhile(rest, absl::ascii_isdigit);
    if (fraction.empty()) return absl::nullopt;
  }
  if (whole.empty() && fraction.empty()) return absl::nullopt;
  *rest = absl::StripLeadingAsciiWhitespace(*rest);
  const absl::string_view name = TakeWhile(rest, absl::ascii_isalpha);
  const bool bare = name.empty() && alone && rest->empty();
  const absl::optional<absl::Duration> unit = bare ? absl::Seconds(1) : UnitLength(name);
  if (!unit.has_value()) return absl::nullopt;
  *rest = absl::StripLeadingAsciiWhitespace(*rest);
  return Times(whole, fraction, *unit);
}

// Returns "1.5" for 1,500,000 of `unit` = 1,000,000.
std::string Decimal(int64_t nanoseconds, int64_t unit) {
  std::string text =
      absl::StrFormat("%d.%09d", nanoseconds / unit, nanoseconds % unit * (1'000'000'000 / unit));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string FormatBelowMinute(int64_t nanoseconds) {
  if (nanoseconds >= 1'000'000'000) return Decimal(nanoseconds, 1'000'000'000) + "s";
  if (nanoseconds >= 1'000'000) return Decimal(nanoseconds, 1'000'000) + "ms";
  return Decimal(nanoseconds, 1'000) + "us";
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  absl::Duration total;
  bool first = true;
  do {
    const absl::optional<absl::Duration> part = TakePart(&rest, first);
    if (!part.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", Printable(text),
                       "' is not a duration: write seconds, or for example 500ms, 2min or 1min30s "
                       "(units us, ms, "
                       "s, min, h, d)"));
    }
    total += *part;
    first = false;
  } while (!rest.empty());
  if (total > kMaxDuration) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Printable(text), "' is too long: at most 36500d"));
  }
  return absl::Trunc(total, absl::Nanoseconds(1));
}

std::string FormatDuration(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "infinity";
  std::string text;
  for (const DurationUnit& unit : kUnitsFromMinutes) {
    const int64_t count = absl::IDivDuration(duration, unit.length, &duration);
    if (count > 0) absl::StrAppend(&text, count, unit.name);
  }
  const int64_t rest = absl::ToInt64Nanoseconds(duration);
  if (rest > 0) absl::StrAppend(&text, FormatBelowMinute(rest));
  return text.empty() ? "0s" : text;
}

}  // namespace hob
