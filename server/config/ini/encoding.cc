#include "server/config/ini/encoding.h"

#include "absl/strings/str_format.h"

namespace hob {
namespace {

bool IsBetween(unsigned char byte, unsigned char least, unsigned char most) {
  return byte >= least && byte <= most;
}

// The bytes that may follow the first byte of a sequence (RFC 3629, section 4).
struct SequenceShape {
  unsigned char first_least, first_most;
  int length;
  unsigned char second_least, second_most;
};

constexpr SequenceShape kShapes[] = {
    {0x01, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

bool Matches(const SequenceShape& shape, absl::string_view text) {
  if (!IsBetween(text[0], shape.first_least, shape.first_most)) return false;
  if (text.size() < shape.length) return false;
  for (int i = 1; i < shape.length; ++i) {
    const bool second = i == 1;
    if (!IsBetween(text[i], second ? shape.second_least : 0x80,
                   second ? shape.second_most : 0xBF)) {
      return false;
    }
  }
  return true;
}

// Returns the length of the character at the start of `text`; 0 if the bytes are not valid.
int CharacterLength(absl::string_view text) {
  for (const SequenceShape& shape : kShapes) {
    if (Matches(shape, text)) return shape.length;
  }
  return 0;
}

}  // namespace

std::string EncodingProblem(absl::string_view line) {
  for (int i = 0; i < line.size();) {
    const int length = CharacterLength(line.substr(i));
    if (length == 0 && line[i] == '\0') {
      return absl::StrFormat("byte %d of the line is NUL: take it out", i + 1);
    }
    if (length == 0) {
      return absl::StrFormat(
          "byte %d of the line (0x%02x) is not UTF-8: save the file in that encoding", i + 1,
          static_cast<unsigned char>(line[i]));
    }
    i += length;
  }
  return "";
}

}  // namespace hob
