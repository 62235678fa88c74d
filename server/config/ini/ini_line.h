#ifndef HOB_SERVER_CONFIG_INI_INI_LINE_H_
#define HOB_SERVER_CONFIG_INI_INI_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/config/ini/quoting.h"

namespace hob {

// Single lines of a configuration file, and how their pieces are told apart.

// Whether a character is a space or a tab.
bool IsIniBlank(char c);

// Without spaces and tabs on either side.
absl::string_view TrimIniBlanks(absl::string_view text);

// The column at which the text of a line starts; a tab reaches to the next multiple of 8.
int IndentOf(absl::string_view line);

// Without the comment: a `;` outside quotes with an unescaped blank before it, and all after it.
// `quotes` says what is open where `text` starts; `after_blank`, whether a blank stands before it.
absl::string_view WithoutComment(absl::string_view text, QuoteReader quotes, bool after_blank);

// A line that starts with `[`, read as a section's header.
struct IniHeader {
  // Empty when the header is right, else what is wrong and what would be right.
  std::string problem;
  // The name between the brackets, trimmed; of a header that is wrong, the nearest to it.
  std::string name;
};

// `line` starts with `[`.
IniHeader ParseHeader(absl::string_view line);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_INI_LINE_H_
