// What fuzz targets ask of texts; shares no code with what they test.
#ifndef HOB_BAZEL_FUZZING_TEXT_H_
#define HOB_BAZEL_FUZZING_TEXT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace hob {

// The input of a target.
inline absl::string_view AsText(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

// Whether a text is UTF-8 as RFC 3629 has it.
bool IsUtf8(absl::string_view text);

// Whether a text is UTF-8 without control characters (C0, DEL, C1).
bool IsPrintable(absl::string_view text);

}  // namespace hob

#endif  // HOB_BAZEL_FUZZING_TEXT_H_
