#include "bazel/fuzzing/text.h"

namespace hob {
namespace {

// Removes the first character from `text` and returns it; negative if it is not UTF-8.
int64_t TakeCharacter(absl::string_view& text) {
  const unsigned char first = text[0];
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xC0) || first >= 0xF8 || length > text.size()) return -1;
  int64_t code = length == 1 ? first : first & (0xFF >> (length + 1));
  for (const unsigned char byte : text.substr(1, length - 1)) {
    if ((byte & 0xC0) != 0x80) return -1;
    code = code * 64 + (byte & 0x3F);
  }
  const size_t needed = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  if (length != needed || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return -1;
  text.remove_prefix(length);
  return code;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (TakeCharacter(text) < 0) return false;
  }
  return true;
}

bool IsPrintable(absl::string_view text) {
  while (!text.empty()) {
    const int64_t code = TakeCharacter(text);
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  }
  return true;
}

}  // namespace hob
