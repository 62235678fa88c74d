#ifndef HOB_CLIENT_ESCAPE_H_
#define HOB_CLIENT_ESCAPE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {
namespace client {

// A text from outside, safe on any terminal and on one line, never cut: control characters (C0,
// DEL, C1), line separators and characters that change the direction of writing as `\n`, `\t`,
// `\x1b` or `\u202e`; bytes that are not UTF-8 as `\xff`. Everything else is as it was.
std::string Escape(absl::string_view text);

// How many characters a UTF-8 text has: the columns that it takes on a terminal, wide and combining
// characters apart.
int Width(absl::string_view text);

// The text in at most `width` characters; a cut one ends in `…`. `width` is at least 1.
std::string Cut(absl::string_view text, int width);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_ESCAPE_H_
