#ifndef HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_
#define HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Variables and their values, in order, with unique names.
using Environment = std::vector<std::pair<std::string, std::string>>;

// Parses the value of `environment`: `KEY=VALUE KEY2="a b", KEY3=c`. Unquoted blanks and commas
// separate the entries; quotes and `\` are those of POSIX sh, without expansion. A name has
// letters, digits, `_` and `.`, and begins with a letter or `_`. InvalidArgument for an entry that
// sets no variable and for a repeated name.
absl::StatusOr<Environment> ParseEnvironment(absl::string_view text);

// Parses the text of an `env_file` as a shell would source it, without expansion:
// - A line holds entries as above, but only blanks separate them: an unquoted comma is part of the
//   value (NO_PROXY=a,b). A comma at the end of an entry is an error.
// - `export` in front of the entries is skipped.
// - A value that begins with a quote may span several lines. `\` at the end of a line joins the
//   next line to it.
// - Blank lines, and lines whose first character is `;` or `#`, are ignored. Lines end with LF or
//   CRLF; a UTF-8 byte order mark is skipped.
// - A later value of a name wins.
// The message of InvalidArgument begins with "FILE:LINE: ", where FILE is `file` and LINE, from 1,
// is the line in which the wrong entries begin.
absl::StatusOr<Environment> ParseEnvironmentLines(absl::string_view text, absl::string_view file);

// Returns a sentence for each entry of a valid `environment` that its author may misunderstand: a
// comma that seems to be part of a value and begins another entry.
std::vector<std::string> EnvironmentWarnings(absl::string_view text);

// Returns `base` with the entries of `winner`. A name in both keeps its place and gets the value of
// `winner`; new names follow.
Environment MergeEnvironments(Environment base, const Environment& winner);

// Returns a text from which ParseEnvironment gets `environment` back, sorted by name: the order of
// variables has no meaning.
std::string FormatEnvironment(Environment environment);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_
