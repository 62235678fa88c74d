#ifndef HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_
#define HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_

#include <string>

#include "absl/types/variant.h"
#include "server/config/keys/environment.h"
#include "server/daemon/exit_report.h"

namespace hob {

// Reads the file that `env_file` names: a path, or `-PATH` for one that need not exist, which then
// has no variables. ParseEnvironmentLines tells what may be in it. It is a regular file of at most
// 1 MiB; a FIFO is refused at once. A failure has the stage "env_file", and its message begins with
// the path and, if it is about the text, the line ("/etc/web.env:3: ...").
absl::variant<Environment, SpawnFailure> ReadEnvironmentFile(const std::string& env_file);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_
