#include "server/daemon/daemon_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hob {
namespace {

bool IsFirstCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }
bool IsCharacter(char c) { return IsFirstCharacter(c) || c == '.' || c == '-'; }

bool HasOnlyCharacters(absl::string_view name) {
  return std::all_of(name.begin(), name.end(), IsCharacter);
}

// The health service answers to these names itself.
bool IsServiceName(absl::string_view name) {
  return name == "hob.v1.Supervisor" || absl::StartsWith(name, "grpc.");
}

// The valid name that is nearest to `name`: other characters become '-'. Empty when nothing is left
// of it.
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

// The length of the UTF-8 sequence at the start of `text`; 0 when there is none that is valid (RFC
// 3629).
int Utf8SequenceLength(absl::string_view text) {
  const auto byte = [&](int i) { return static_cast<unsigned char>(text[i]); };
  const int length = byte(0) < 0x80   ? 1
                     : byte(0) < 0xC2 ? 0
                     : byte(0) < 0xE0 ? 2
                     : byte(0) < 0xF0 ? 3
                     : byte(0) < 0xF5 ? 4
                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (int i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xED && byte(1) > 0x9F;
  const bool beyond = byte(0) == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

// C1 controls (U+0080 to U+009F) are as dangerous to a terminal as the C0 ones.
bool IsControl(absl::string_view sequence) {
  const unsigned char first = sequence[0];
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

// Turns the order of what is shown around, or breaks a line: the marks, embeddings, overrides and
// isolates of direction, and the separators of lines and paragraphs.
bool IsMisleading(absl::string_view sequence) {
  if (sequence == "\u061C") return true;
  if (sequence.size() != 3 || (sequence < "\u200E" || sequence > "\u2069")) return false;
  return sequence <= "\u200F" || (sequence >= "\u2028" && sequence <= "\u202E") ||
         sequence >= "\u2066";
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
        "' is no name for a daemon: it is the name of a gRPC service; choose another");
  }
  std::string problem = "the first must be a letter, a digit or '_'";
  if (!HasOnlyCharacters(name)) {
    problem = "only letters, digits, '_', '.' and '-' are allowed";
  } else if (name.size() > kMaxDaemonNameLength) {
    problem = absl::StrCat("it has ", name.size(), " characters, at most 64 are allowed");
  }
  const std::string nearest = NearestValidName(name);
  return absl::StrCat(
      "'", Printable(name), "' is no name for a daemon: ", problem,
      IsValidDaemonName(nearest) ? absl::StrCat("; did you mean '", nearest, "'?") : "");
}

std::string Printable(absl::string_view text, int max_characters) {
  std::string printable;
  int characters = 0;
  while (!text.empty()) {
    if (++characters > max_characters) return printable + "...";
    const int length = Utf8SequenceLength(text);
    const absl::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || IsControl(sequence) || IsMisleading(sequence)) {
      for (unsigned char byte : sequence) absl::StrAppendFormat(&printable, "\\x%02x", byte);
    } else {
      absl::StrAppend(&printable, sequence);
    }
    text.remove_prefix(sequence.size());
  }
  return printable;
}

}  // namespace hob
