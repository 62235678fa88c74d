// Parses the text of one configuration file into sections.
//
// - Lines end with LF or CRLF. Blanks are spaces and tabs; a tab reaches to the next multiple of 8.
// - A quote that is open at the end of a line is still open in the next line of the same value: a
//   `;` there starts no comment. Quotes are those of POSIX sh (quoting.h). An open quote alone
//   joins no lines.
// - A comment after a value runs to the end of its line; a `\` in it joins nothing. A joined line
//   may have a comment of its own.
// - Comments and blank lines between a value and the indented line that continues it are ignored.
// - A line that ends in an odd number of backslashes, with or without blanks after them, joins the
//   next one. The last backslash goes, the others stay. On the last line of a file it joins
//   nothing. Before a comment it joins nothing and stays, which the parsers of the keys refuse.
// - A value keeps its quotes and backslashes; the parsers of all keys remove them in the same way.
// - A header starts at the beginning of a line. An indented one counts only where there is no value
//   to continue.
// - After a wrong header, lines are skipped up to the next header.
#ifndef HOB_SERVER_CONFIG_INI_INI_FILE_H_
#define HOB_SERVER_CONFIG_INI_INI_FILE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/config/ini/config_problem.h"
#include "server/config/ini/section_name.h"

namespace hob {

// The largest file and the largest line, in bytes. Joined lines count as one, with the blanks that
// join them.
inline constexpr int kMaxConfigFileSize = 1 << 20;
inline constexpr int kMaxConfigLineSize = 64 << 10;

// A `key = value`. The value may be empty.
struct IniEntry {
  std::string key;
  std::string value;
  // The line of the key, from 1.
  int line = 0;
};

// A section with the entries under all its headers. Keys are unique.
struct IniSection {
  std::string name;
  SectionName meaning;
  // The line of the first header, from 1.
  int line = 0;
  // In the order of the file. Empty in foreign sections.
  std::vector<IniEntry> entries;
};

// Parses the text with index `source` in the chain. Reports wrong lines to `problems` and leaves
// their entries out. Returns hob's sections and foreign ones in the order of their first headers;
// sections with a wrong name are only reported.
std::vector<IniSection> ParseIni(absl::string_view text, int source, ProblemList* problems);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_INI_FILE_H_
