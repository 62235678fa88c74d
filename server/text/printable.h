#ifndef HOB_SERVER_TEXT_PRINTABLE_H_
#define HOB_SERVER_TEXT_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// Returns untrusted text in a form that is safe in messages: at most `max_characters` of it, with
// control characters, characters that reverse the text direction, and bytes that are not UTF-8
// escaped.
std::string Printable(absl::string_view text, int max_characters = 100);

}  // namespace hob

#endif  // HOB_SERVER_TEXT_PRINTABLE_H_
