#ifndef HOB_SERVER_CONFIG_INI_ENCODING_H_
#define HOB_SERVER_CONFIG_INI_ENCODING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// Returns a sentence about the first NUL byte in a line or the first bytes that are not UTF-8 (RFC
// 3629: no surrogates, no overlong forms, nothing above U+10FFFF); empty if there are none.
std::string EncodingProblem(absl::string_view line);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_ENCODING_H_
