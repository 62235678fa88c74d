#ifndef HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_
#define HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Variables and their values, in order, names unique.
using Environment = std::vector<std::pair<std::string, std::string>>;

// Parses the value of `environment`: `KEY=VALUE KEY2="a b", KEY3=c`. Unquoted blanks and commas
// separate the entries; quotes and `\` are those of POSIX sh, nothing is expanded. A name has
// letters, digits, `_` and `.`, and begins with a letter or `_`. InvalidArgument for an entry that
// sets nothing and for a name that stands twice.
absl::StatusOr<Environment> ParseEnvironment(absl::string_view text);

// Parses the text of an `env_file`, as a shell would source it, without expansion:
// - A line holds entries as above, but only blanks separate them: an unquoted comma is part of the
//   value (NO_PROXY=a,b). A comma at the end of an entry is an error.
// - `export` in front of the entries is skipped.
// - A value that begins with a quote may go on over several lines. `\` at the end of a line joins
//   the next line to it.
// - Blank lines, and lines whose first character is `;` or `#`, are left out. Lines end with LF or
//   CRLF; a UTF-8 byte order mark is skipped.
// - A later value of a name wins.
// InvalidArgument begins with "FILE:LINE: ", where FILE is `file` and LINE the line in which the
// wrong entries begin, from 1.
absl::StatusOr<Environment> ParseEnvironmentLines(absl::string_view text, absl::string_view file);

// Returns a sentence for each entry of a valid value of `environment` that sets something else than
// its author may think: commas in a value that begin an entry of their own.
std::vector<std::string> EnvironmentWarnings(absl::string_view text);

// `base` with the entries of `winner`: a name of both keeps its place and gets the winner's value;
// new ones follow.
Environment MergeEnvironments(Environment base, const Environment& winner);

// What ParseEnvironment takes back, sorted by name: the order of variables means nothing.
std::string FormatEnvironment(Environment environment);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_H_
