// The text of one configuration file -> hob's sections in it.
//
// How the rows of that table work together:
// - Lines end with LF or CRLF. Blanks are spaces and tabs; a tab reaches to the next multiple of 8.
// - A value is collected over its lines before anything is taken out of it, so that a quote that is
//   open at the end of a line is still open in the next: what looks like a comment there is part of
//   the value. Quotes are those of POSIX sh (quoting.h). An open quote alone joins no lines.
// - A comment after a value runs to the end of its line; a `\` in it joins nothing. A line that is
//   joined may bring a comment of its own.
// - Comments and blank lines between a value and the indented line that continues it do not count.
// - `\` joins when the line ends in an odd number of backslashes, blanks after them aside; the last
//   one goes, the others stay as they are. On the last line it joins nothing. Before
//   a comment it joins nothing and stays, which the readers of the keys refuse.
// - A value keeps its quotes and backslashes: the readers of the keys take them away, in all keys
//   alike.
// - Headers stand at the start of a line; indented, they count only where there is no value to
//   continue.
// - After a header that is wrong, nothing is looked at but the next header.
#ifndef HOB_SERVER_CONFIG_INI_INI_FILE_H_
#define HOB_SERVER_CONFIG_INI_INI_FILE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/config/ini/config_problem.h"
#include "server/config/ini/section_name.h"

namespace hob {

// The largest file, and the largest line in bytes, joined lines counted with the blanks that join
// them.
inline constexpr int kMaxConfigFileSize = 1 << 20;
inline constexpr int kMaxConfigLineSize = 64 << 10;

// A `key = value`. The value may be empty.
struct IniEntry {
  std::string key;
  std::string value;
  // Where the key stands, from 1.
  int line = 0;
};

// A section, merged from all places where it is written. Keys are unique.
struct IniSection {
  std::string name;
  SectionName meaning;
  // Of the first header.
  int line = 0;
  // In the order of the file. Empty in foreign sections.
  std::vector<IniEntry> entries;
};

// Reads the text of the file with index `source` in the chain. What is wrong goes to `problems`;
// entries that something is wrong with are not in the result. Returns the sections of hob's and the
// foreign ones, in the order of their first headers.
std::vector<IniSection> ParseIni(absl::string_view text, int source, ProblemList* problems);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_INI_FILE_H_
