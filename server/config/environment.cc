#include "server/config/environment.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/config/quoting.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace {

bool IsVariableName(absl::string_view name) {
  const auto is_part = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(name[0]) &&
         std::all_of(name.begin(), name.end(), is_part);
}

// The words of a text as variables; a name may stand twice.
absl::StatusOr<Environment> ParseAssignments(absl::string_view text) {
  const absl::StatusOr<std::vector<QuotedWord>> words = SplitWords(text);
  if (!words.ok()) return words.status();
  Environment environment;
  for (const QuotedWord& word : *words) {
    std::pair<std::string, std::string> entry = absl::StrSplit(word.text, absl::MaxSplits('=', 1));
    const bool has_value = entry.first.size() < word.text.size();
    if (!has_value || !IsVariableName(entry.first)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", Printable(word.text),
          "' sets no variable: write KEY=VALUE KEY2=\"a b\", names of letters, digits and '_'"));
    }
    environment.push_back(std::move(entry));
  }
  return environment;
}

}  // namespace

absl::StatusOr<Environment> ParseEnvironment(absl::string_view text) {
  absl::StatusOr<Environment> environment = ParseAssignments(text);
  if (!environment.ok()) return environment;
  std::set<absl::string_view> names;
  for (const auto& entry : *environment) {
    if (names.insert(entry.first).second) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("sets '", Printable(entry.first), "' twice: keep one of the values"));
  }
  return environment;
}

absl::StatusOr<Environment> ParseEnvironmentLines(absl::string_view text) {
  Environment environment;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == ';' || line[0] == '#') continue;
    const absl::StatusOr<Environment> of_line = ParseAssignments(line);
    if (!of_line.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", of_line.status().message()));
    }
    environment.insert(environment.end(), of_line->begin(), of_line->end());
  }
  return MergeEnvironments({}, environment);
}

Environment MergeEnvironments(Environment base, const Environment& winner) {
  std::map<std::string, int> places;
  for (const auto& entry : base) places.emplace(entry.first, places.size());
  for (const auto& entry : winner) {
    const auto [found, is_new] = places.emplace(entry.first, base.size());
    if (is_new) {
      base.push_back(entry);
    } else {
      base[found->second].second = entry.second;
    }
  }
  return base;
}

std::string FormatEnvironment(Environment environment) {
  std::sort(environment.begin(), environment.end());
  return absl::StrJoin(environment, " ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.first, "=", entry.second.empty() ? "" : QuoteWord(entry.second));
  });
}

}  // namespace hob
