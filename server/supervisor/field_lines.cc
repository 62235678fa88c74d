#include "server/supervisor/field_lines.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hob {
namespace {

constexpr char kInfinite[] = "infinite";

// Durations are multiples of a quarter of a nanosecond.
constexpr const char* kQuarters[] = {"", ".25", ".5", ".75"};

// Returns nanoseconds. Precondition: `duration` is finite and not negative.
std::string InNanoseconds(absl::Duration duration) {
  absl::Duration rest;
  const int64_t whole = absl::IDivDuration(duration, absl::Nanoseconds(1), &rest);
  return absl::StrCat(whole, kQuarters[absl::IDivDuration(rest, absl::Nanoseconds(1) / 4, &rest)]);
}

}  // namespace

std::vector<std::string> SplitNames(absl::string_view names) { return absl::StrSplit(names, ", "); }

std::string JoinKeys(const std::string& key, absl::string_view name) {
  return key.empty() ? std::string(name) : absl::StrCat(key, ".", name);
}

void FieldWriter::Write(const std::string& key, bool value) { AddLine(key, value ? "yes" : "no"); }

void FieldWriter::Write(const std::string& key, int64_t value) {
  AddLine(key, absl::StrCat(value));
}

void FieldWriter::Write(const std::string& key, const std::string& value) {
  AddLine(key, absl::Utf8SafeCEscape(value));
}

void FieldWriter::Write(const std::string& key, absl::Duration value) {
  const absl::Duration span = absl::AbsDuration(value);
  const std::string text = span == absl::InfiniteDuration() ? kInfinite : InNanoseconds(span);
  AddLine(key, absl::StrCat(value < absl::ZeroDuration() ? "-" : "", text));
}

void FieldWriter::AddLine(const std::string& key, absl::string_view value) {
  absl::StrAppend(&text_, key, " ", value, "\n");
}

FieldReader::FieldReader(absl::string_view lines) {
  for (const absl::string_view line : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    values_[std::string(parts.first)] = parts.second;
  }
}

void FieldReader::Read(const std::string& key, bool& value) {
  const absl::optional<absl::string_view> text = Find(key);
  if (!text.has_value()) return;
  value = *text == "yes";
  if (!value && *text != "no") Fail(key);
}

void FieldReader::Read(const std::string& key, int& value) {
  const absl::optional<absl::string_view> text = Find(key);
  if (text.has_value() && !absl::SimpleAtoi(*text, &value)) Fail(key);
}

void FieldReader::Read(const std::string& key, int64_t& value) {
  const absl::optional<absl::string_view> text = Find(key);
  if (text.has_value() && !absl::SimpleAtoi(*text, &value)) Fail(key);
}

void FieldReader::Read(const std::string& key, std::string& value) {
  const absl::optional<absl::string_view> text = Find(key);
  if (text.has_value() && !absl::CUnescape(*text, &value)) Fail(key);
}

void FieldReader::Read(const std::string& key, absl::Duration& value) {
  absl::optional<absl::string_view> text = Find(key);
  if (!text.has_value()) return;
  const bool is_negative = absl::ConsumePrefix(&*text, "-");
  if (*text == kInfinite) {
    value = absl::InfiniteDuration();
  } else if (!absl::ParseDuration(absl::StrCat(*text, "ns"), &value)) {
    Fail(key);
  }
  if (is_negative) value = -value;
}

void FieldReader::Read(const std::string& key, MonotonicTime& value) {
  absl::Duration since_origin = value.since_origin();
  Read(key, since_origin);
  value = MonotonicTime::FromOrigin(since_origin);
}

void FieldReader::Read(const std::string& key, absl::Time& value) {
  absl::Duration since_epoch = value - absl::UnixEpoch();
  Read(key, since_epoch);
  value = absl::UnixEpoch() + since_epoch;
}

absl::optional<absl::string_view> FieldReader::Find(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return absl::nullopt;
  return found->second;
}

bool FieldReader::IsPresent(const std::string& key) {
  bool present = false;
  Read(key + ".present", present);
  return present;
}

size_t FieldReader::ReadSize(const std::string& key) {
  int64_t size = 0;
  Read(key + ".size", size);
  // Each element has at least one line.
  if (size >= 0 && size <= static_cast<int64_t>(values_.size())) return size;
  Fail(key + ".size");
  return 0;
}

void FieldReader::Fail(const std::string& key) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(absl::StrCat("cannot read: ", key, " ", *Find(key)));
}

}  // namespace hob
