#include "server/daemon/daemon_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/text/printable.h"

namespace hob {
namespace {

bool IsFirstCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }
bool IsCharacter(char c) { return IsFirstCharacter(c) || c == '.' || c == '-'; }

bool HasOnlyCharacters(absl::string_view name) {
  return std::all_of(name.begin(), name.end(), IsCharacter);
}

// True for the names that the health service itself answers for.
bool IsServiceName(absl::string_view name) {
  return name == "hob.v1.Supervisor" || absl::StartsWith(name, "grpc.");
}

// Returns the valid name nearest to `name`, with '-' in place of invalid characters; empty if
// nothing is left.
std::string NearestValidName(absl::string_view name) {
  std::string nearest;
  for (char c : name) {
    if (nearest.empty() && !IsFirstCharacter(c)) continue;
    if (nearest.size() == kMaxDaemonNameLength) break;
    if (IsCharacter(c)) {
      nearest.push_back(c);
    } else if (nearest.back() != '-') {
      nearest.push_back('-');
    }
  }
  while (!nearest.empty() && nearest.back() == '-') nearest.pop_back();
  return nearest;
}

}  // namespace

bool IsValidDaemonName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxDaemonNameLength || !IsFirstCharacter(name[0]))
    return false;
  return HasOnlyCharacters(name) && !IsServiceName(name);
}

absl::optional<InstanceName> ParseInstanceName(absl::string_view name) {
  const absl::string_view set = ConfiguredName(name);
  if (set.size() == name.size() || !IsValidDaemonName(set)) return absl::nullopt;
  const absl::string_view digits = name.substr(set.size() + 1);
  int number = 0;
  // SimpleAtoi also accepts signs, blanks and leading zeros.
  const bool is_number = absl::SimpleAtoi(digits, &number) && absl::StrCat(number) == digits;
  if (!is_number || number < 1 || number > kMaxInstances) return absl::nullopt;
  return InstanceName{std::string(set), number};
}

bool IsNameOfDaemon(absl::string_view name) {
  return IsValidDaemonName(name) || ParseInstanceName(name).has_value();
}

absl::string_view ConfiguredName(absl::string_view name) { return name.substr(0, name.find('@')); }

bool NameLess::operator()(absl::string_view a, absl::string_view b) const {
  const absl::string_view set_of_a = ConfiguredName(a);
  const absl::string_view set_of_b = ConfiguredName(b);
  if (const int order = set_of_a.compare(set_of_b); order != 0) return order < 0;
  // Numbers have no leading zeros.
  if (a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

std::string WhyInvalidDaemonName(absl::string_view name) {
  if (name.empty())
    return "a daemon's name is empty: give it 1 to 64 letters, digits, '_', '.' or '-'";
  if (const absl::optional<InstanceName> instance = ParseInstanceName(name)) {
    return absl::StrCat("'", name, "' is an instance of the set '", instance->set,
                        "': configure all instances together in [daemon:", instance->set, "]");
  }
  if (IsServiceName(name)) {
    return absl::StrCat(
        "'", Printable(name),
        "' is not a valid daemon name: it is the name of a gRPC service; choose another");
  }
  std::string problem = "the first must be a letter, a digit or '_'";
  if (!HasOnlyCharacters(name)) {
    problem = "only letters, digits, '_', '.' and '-' are allowed";
  } else if (name.size() > kMaxDaemonNameLength) {
    problem = absl::StrCat("it has ", name.size(), " characters, at most 64 are allowed");
  }
  const std::string nearest = NearestValidName(name);
  return absl::StrCat(
      "'", Printable(name), "' is not a valid daemon name: ", problem,
      IsValidDaemonName(nearest) ? absl::StrCat("; did you mean '", nearest, "'?") : "");
}

}  // namespace hob
