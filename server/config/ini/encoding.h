#ifndef HOB_SERVER_CONFIG_INI_ENCODING_H_
#define HOB_SERVER_CONFIG_INI_ENCODING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// What no line of a configuration file may hold: a NUL byte, or bytes that are not UTF-8 (RFC 3629:
// no surrogates, nothing overlong, nothing above U+10FFFF). A sentence about the first one; empty
// when there is none.
std::string EncodingProblem(absl::string_view line);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_ENCODING_H_
