#ifndef HOB_SERVER_CONFIG_ENVIRONMENT_H_
#define HOB_SERVER_CONFIG_ENVIRONMENT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Variables and their values, in order, names unique.
using Environment = std::vector<std::pair<std::string, std::string>>;

// `KEY=VALUE KEY2="a b"`: words as in POSIX sh without expansion, each with a name of letters,
// digits and `_` that does not start with a digit. InvalidArgument for another word and for a name
// that stands twice.
absl::StatusOr<Environment> ParseEnvironment(absl::string_view text);

// The text of an `env_file` (contract 1.4): lines as above, blank lines, and lines whose first
// character is `;` or `#`, which are comments. LF or CRLF. A later value of a name wins.
// InvalidArgument names the line and what would be right.
absl::StatusOr<Environment> ParseEnvironmentLines(absl::string_view text);

// `base` with the entries of `winner`: a name of both keeps its place and gets the winner's value;
// new ones follow.
Environment MergeEnvironments(Environment base, const Environment& winner);

// What ParseEnvironment takes back, sorted by name: the order of variables means nothing.
std::string FormatEnvironment(Environment environment);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_ENVIRONMENT_H_
