#ifndef HOB_SERVER_CONFIG_INI_INI_LINE_H_
#define HOB_SERVER_CONFIG_INI_INI_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/config/ini/quoting.h"

namespace hob {

// Splits single lines of a configuration file.

// True for a space or a tab.
bool IsIniBlank(char c);

// Returns `text` without spaces and tabs on either side.
absl::string_view TrimIniBlanks(absl::string_view text);

// Returns the column, from 0, at which the text of a line starts; a tab reaches to the next
// multiple of 8.
int IndentOf(absl::string_view line);

// Returns `text` without its comment. A comment begins with a `;` outside quotes that follows an
// unescaped blank. `quotes` is the state at the start of `text`; `after_blank` is true if a blank
// comes before `text`.
absl::string_view WithoutComment(absl::string_view text, QuoteReader quotes, bool after_blank);

// The header of a section.
struct IniHeader {
  // Says what is wrong and what would be right; empty for a valid header.
  std::string problem;
  // The trimmed name between the brackets; a best guess in an invalid header.
  std::string name;
};

// Parses a line that starts with `[`.
IniHeader ParseHeader(absl::string_view line);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_INI_LINE_H_
