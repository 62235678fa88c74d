#ifndef HOB_SERVER_CONFIG_KEYS_COMMAND_H_
#define HOB_SERVER_CONFIG_KEYS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// The words of a daemon's command, the first of them the absolute path of its program.
// InvalidArgument when it is empty, a quote is not closed, or PATH is not absolute; then with
// the full path where a program of that name lies in one of the usual folders.
absl::StatusOr<std::vector<std::string>> ParseCommand(absl::string_view text);

// Returns what is doubtful about a command that ParseCommand takes, a sentence each: unquoted
// characters that only a shell would understand, a `#` that begins no comment, expressions of
// supervisord's, and a program that is not there, is a folder, or cannot be executed by anybody.
std::vector<std::string> CommandWarnings(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_COMMAND_H_
