#ifndef HOB_SERVER_CONFIG_KEYS_LITERALS_H_
#define HOB_SERVER_CONFIG_KEYS_LITERALS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {

// Finds parts of a value that arrive as they stand although their author may expect something else:
// hob expands nothing, and `#` begins no comment.

// Returns the words from the first one on that begins with an unquoted `#`, joined with blanks;
// empty without one, and for a value with an open quote.
std::string UnmeantComment(absl::string_view value);

// True if a word has an expression of supervisord's, such as %(ENV_HOME)s or %(program_name)s.
bool HasSupervisordExpression(absl::string_view word);

// Returns a sentence for each thing of this kind in the value of a setting: an unmeant comment, and
// words that a shell or supervisord would expand. Commands have warnings of their own
// (CommandWarnings).
std::vector<std::string> LiteralWarnings(absl::string_view value);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_LITERALS_H_
