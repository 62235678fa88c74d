#include "server/daemon/daemon_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
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

std::string WhyInvalidDaemonName(absl::string_view name) {
  if (name.empty())
    return "a daemon's name is empty: give it 1 to 64 letters, digits, '_', '.' or '-'";
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
