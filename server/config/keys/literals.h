#ifndef HOB_SERVER_CONFIG_KEYS_LITERALS_H_
#define HOB_SERVER_CONFIG_KEYS_LITERALS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/config/ini/quoting.h"

namespace hob {

// Finds parts of a value that reach the program unchanged although their author may expect
// something else: hob expands nothing, and `#` begins no comment.

// Returns the words from the first one that begins with an unquoted `#`, joined with blanks; empty
// if there is none, and for a value with an open quote.
std::string UnmeantComment(absl::string_view value);
std::string UnmeantComment(const std::vector<QuotedWord>& words);

// True if a word contains an expression of supervisord's, such as %(ENV_HOME)s or %(program_name)s.
bool HasSupervisordExpression(absl::string_view word);

// Returns a sentence for each such part in the value of a setting: words that a shell or
// supervisord would expand, and an unmeant comment. Commands have warnings of their own:
// CommandWarnings.
std::vector<std::string> LiteralWarnings(absl::string_view value);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_LITERALS_H_
