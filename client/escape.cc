#include "client/escape.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hob {
namespace client {
namespace {

// One character of a text: its code point and its bytes. `length` 1 with `valid` false is a byte
// that is not UTF-8.
struct Character {
  bool valid = false;
  uint32_t code = 0;
  size_t length = 1;
};

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Returns the length of a character with this first byte; 0 if no character begins with it.
size_t LengthFrom(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// Returns the first character of a text, which is not empty.
Character Decode(absl::string_view text) {
  const unsigned char first = text[0];
  const size_t length = LengthFrom(first);
  if (length == 0 || length > text.size()) return Character{false, first, 1};
  uint32_t code = length == 1 ? first : first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    const unsigned char byte = text[i];
    if (!IsContinuation(byte)) return Character{false, first, 1};
    code = code << 6 | (byte & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || surrogate || code > 0x10FFFF) return Character{false, first, 1};
  return Character{true, code, length};
}

bool IsUnsafe(uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool separator_or_mark =
      code == 0x2028 || code == 0x2029 || code == 0x200E || code == 0x200F || code == 0x061C;
  const bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return control || separator_or_mark || direction;
}

std::string EscapeCode(uint32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x80 ? absl::StrFormat("\\x%02x", code) : absl::StrFormat("\\u%04x", code);
  }
}

// Returns the length of the leading plain ASCII, which is most texts' full length.
size_t PlainLength(absl::string_view text) {
  size_t length = 0;
  while (length < text.size() && text[length] >= 0x20 && text[length] < 0x7F) ++length;
  return length;
}

}  // namespace

std::string Escape(absl::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    if (const size_t plain = PlainLength(text); plain > 0) {
      absl::StrAppend(&escaped, text.substr(0, plain));
      text.remove_prefix(plain);
      continue;
    }
    const Character character = Decode(text);
    if (!character.valid) {
      absl::StrAppendFormat(&escaped, "\\x%02x", character.code);
    } else if (IsUnsafe(character.code)) {
      absl::StrAppend(&escaped, EscapeCode(character.code));
    } else {
      absl::StrAppend(&escaped, text.substr(0, character.length));
    }
    text.remove_prefix(character.length);
  }
  return escaped;
}

int Width(absl::string_view text) {
  int width = 0;
  for (unsigned char byte : text) width += IsContinuation(byte) ? 0 : 1;
  return width;
}

std::string Cut(absl::string_view text, int width) {
  if (Width(text) <= width) return std::string(text);
  size_t end = 0;
  for (int characters = 0; characters < width - 1; ++characters) {
    do {
      ++end;
    } while (end < text.size() && IsContinuation(text[end]));
  }
  return absl::StrCat(text.substr(0, end), "…");
}

}  // namespace client
}  // namespace hob
