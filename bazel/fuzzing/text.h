// Checks of texts for fuzz targets; shares no code with the tested code.
#ifndef HOB_BAZEL_FUZZING_TEXT_H_
#define HOB_BAZEL_FUZZING_TEXT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace hob {

// Returns the input of a target as text.
inline absl::string_view AsText(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

// True if a text is UTF-8 (RFC 3629).
bool IsUtf8(absl::string_view text);

// True if a text is UTF-8 without control characters (C0, DEL, C1).
bool IsPrintable(absl::string_view text);

}  // namespace hob

#endif  // HOB_BAZEL_FUZZING_TEXT_H_
