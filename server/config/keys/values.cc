#include "server/config/keys/values.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/text/printable.h"

namespace hob {
namespace {

absl::Status Wrong(absl::string_view text, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' ", problem));
}

bool IsAllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

struct SizeUnit {
  absl::string_view name;
  int64_t bytes;
};

// Returns the number with the fewest decimals for which `is_exact` is true; empty if none is.
template <typename IsExact>
std::string ShortestText(double number, IsExact is_exact) {
  // The last of the 17 digits of the smallest double.
  constexpr int kMostDecimals = 341;
  for (int decimals = 0; decimals <= kMostDecimals; ++decimals) {
    std::string text = absl::StrFormat("%.*f", decimals, number);
    if (is_exact(text)) return text;
  }
  return "";
}

// Largest first. FormatSize takes the first unit that divides a size.
constexpr SizeUnit kSizeUnits[] = {
    {"TiB", int64_t{1} << 40},
    {"TB", 1'000'000'000'000},
    {"GiB", 1 << 30},
    {"GB", 1'000'000'000},
    {"MiB", 1 << 20},
    {"MB", 1'000'000},
    {"KiB", 1 << 10},
    {"KB", 1'000},
    {"B", 1},
};

absl::optional<int64_t> SizeUnitBytes(absl::string_view name) {
  if (name.empty()) return 1;
  for (const SizeUnit& unit : kSizeUnits) {
    if (absl::EqualsIgnoreCase(name, unit.name)) return unit.bytes;
  }
  return absl::nullopt;
}

absl::optional<uint64_t> ParseLimitNumber(absl::string_view text) {
  if (text == "unlimited") return RLIM_INFINITY;
  uint64_t number;
  if (!IsAllDigits(text) || !absl::SimpleAtoi(text, &number)) return absl::nullopt;
  return number;
}

std::string FormatLimitNumber(uint64_t number) {
  return number == RLIM_INFINITY ? "unlimited" : absl::StrCat(number);
}

}  // namespace

absl::StatusOr<int64_t> ParseSize(absl::string_view text) {
  const absl::string_view size = absl::StripAsciiWhitespace(text);
  const absl::string_view digits = size.substr(0, size.find_first_not_of("0123456789"));
  const absl::optional<int64_t> unit =
      SizeUnitBytes(absl::StripLeadingAsciiWhitespace(size.substr(digits.size())));
  if (digits.empty() || !unit.has_value()) {
    return Wrong(text, "is not a size: write a number of bytes or for example 64KiB or 10MB");
  }
  int64_t number;
  if (!absl::SimpleAtoi(digits, &number) || number > std::numeric_limits<int64_t>::max() / *unit) {
    return Wrong(text, "is too large a size");
  }
  return number * *unit;
}

std::string FormatSize(int64_t size) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (size != 0 && unit.bytes > 1 && size % unit.bytes == 0) {
      return absl::StrCat(size / unit.bytes, unit.name);
    }
  }
  return absl::StrCat(size);
}

absl::StatusOr<bool> ParseBoolean(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  for (absl::string_view yes : {"yes", "true", "on", "1"}) {
    if (word == yes) return true;
  }
  for (absl::string_view no : {"no", "false", "off", "0"}) {
    if (word == no) return false;
  }
  return Wrong(text, "is neither yes nor no");
}

std::string FormatBoolean(bool value) { return value ? "yes" : "no"; }

absl::StatusOr<ResourceLimit> ParseLimit(absl::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), absl::MaxSplits(':', 1));
  const absl::optional<uint64_t> soft = ParseLimitNumber(parts.front());
  const absl::optional<uint64_t> hard = ParseLimitNumber(parts.back());
  if (!soft.has_value() || !hard.has_value()) {
    return Wrong(text, "is not a limit: write N, SOFT:HARD or unlimited");
  }
  if (*soft > *hard) return Wrong(text, "has a soft limit above the hard one");
  return ResourceLimit{*soft, *hard};
}

std::string FormatLimit(const ResourceLimit& limit) {
  if (limit.soft == limit.hard) return FormatLimitNumber(limit.soft);
  return absl::StrCat(FormatLimitNumber(limit.soft), ":", FormatLimitNumber(limit.hard));
}

absl::StatusOr<int64_t> ParseInteger(absl::string_view text, int64_t least, int64_t most) {
  absl::string_view digits = absl::StripAsciiWhitespace(text);
  absl::ConsumePrefix(&digits, "-");
  int64_t number;
  const bool is_number = IsAllDigits(digits) && absl::SimpleAtoi(text, &number);
  if (!is_number || number < least || number > most) {
    return Wrong(text, absl::StrCat("is not a whole number from ", least, " to ", most));
  }
  return number;
}

absl::StatusOr<double> ParseNumber(absl::string_view text, double least, double most) {
  absl::string_view rest = absl::StripAsciiWhitespace(text);
  const bool plain = !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
    return absl::ascii_isdigit(c) || c == '.';
  });
  double number;
  if (!plain || !absl::SimpleAtod(rest, &number) || number < least || number > most) {
    return Wrong(text, absl::StrCat("is not a number from ", least, " to ", most));
  }
  return number;
}

std::string FormatNumber(double number) {
  return ShortestText(number, [number](const std::string& text) {
    double back;
    return absl::SimpleAtod(text, &back) && back == number;
  });
}

absl::StatusOr<double> ParseFraction(absl::string_view text) {
  absl::string_view number = absl::StripAsciiWhitespace(text);
  const bool percent = absl::ConsumeSuffix(&number, "%");
  const absl::StatusOr<double> parsed = ParseNumber(number, 0, percent ? 100 : 1);
  if (!parsed.ok()) return Wrong(text, "is not a share: write 0% to 100%, for example 10%");
  return percent ? *parsed / 100 : *parsed;
}

std::string FormatFraction(double fraction) {
  // 0.07 * 100 is a little more than 7, but 7% is read as 0.07.
  const std::string percent = ShortestText(fraction * 100, [fraction](const std::string& text) {
    const absl::StatusOr<double> back = ParseFraction(text + "%");
    return back.ok() && *back == fraction;
  });
  return percent.empty() ? FormatNumber(fraction) : percent + "%";
}

absl::StatusOr<mode_t> ParseMode(absl::string_view text) {
  const absl::string_view digits = absl::StripAsciiWhitespace(text);
  mode_t mode = 0;
  bool right = !digits.empty();
  for (char c : digits) {
    right = right && c >= '0' && c <= '7' && mode <= 0777;
    if (right) mode = mode * 8 + (c - '0');
  }
  if (!right || mode > 0777) {
    return Wrong(text, "is not an octal number from 0 to 0777, for example 0660 or 022");
  }
  return mode;
}

std::string FormatMode(mode_t mode) { return absl::StrFormat("0%o", mode); }

std::vector<std::string> SplitList(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(", \t\n"), absl::SkipEmpty());
}

}  // namespace hob
