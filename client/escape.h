#ifndef HOB_CLIENT_ESCAPE_H_
#define HOB_CLIENT_ESCAPE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {
namespace client {

// Returns `text` made safe for any terminal and for one line, at full length: control
// characters (C0, DEL, C1), line separators and characters that change the direction of writing
// become `\n`, `\t`, `\x1b` or `\u202e`; bytes that are not UTF-8 become `\xff`.
std::string Escape(absl::string_view text);

// Returns the number of characters of a UTF-8 text: its columns on a terminal, except for wide and
// combining characters.
int Width(absl::string_view text);

// Returns the text cut to at most `width` characters; a cut text ends in `…`. `width` is at
// least 1.
std::string Cut(absl::string_view text, int width);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_ESCAPE_H_
