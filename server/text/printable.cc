#include "server/text/printable.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hob {
namespace {

// Returns the length of the UTF-8 sequence at the start of `text`; 0 if it is invalid (RFC 3629).
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

// True if the character reorders the displayed text or breaks a line: marks, embeddings, overrides
// and isolates of direction, and separators of lines and paragraphs.
bool IsMisleading(absl::string_view sequence) {
  if (sequence == "\u061C") return true;
  if (sequence.size() != 3 || (sequence < "\u200E" || sequence > "\u2069")) return false;
  return sequence <= "\u200F" || (sequence >= "\u2028" && sequence <= "\u202E") ||
         sequence >= "\u2066";
}

}  // namespace

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
