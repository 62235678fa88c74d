#ifndef HOB_CLIENT_COMPLETION_SCRIPT_H_
#define HOB_CLIENT_COMPLETION_SCRIPT_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/command_line_description.h"

namespace hob {
namespace client {

// A script for bash, zsh or fish that completes verbs, options, names of daemons (asked from the
// server by `hob list --names-only`), signals, states, keys of the configuration
// and files. InvalidArgument for another shell.
absl::StatusOr<std::string> CompletionScript(const std::string& shell,
                                             const CommandLineDescription& description);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_COMPLETION_SCRIPT_H_
