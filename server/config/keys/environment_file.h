#ifndef HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_
#define HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_

#include <string>

#include "absl/types/variant.h"
#include "server/config/keys/environment.h"
#include "server/daemon/exit_report.h"

namespace hob {

// Reads the file that `env_file` names: a path, or `-PATH` for a file that need not exist; a
// missing one has no variables. ParseEnvironmentLines defines its syntax. It must be a regular file
// of at most 1 MiB; never waits for the writer of a FIFO. A failure has the stage "env_file"; its
// message begins with the path and, if it is about the text, the line ("/etc/web.env:3: ...").
// Blocks on the disk.
absl::variant<Environment, SpawnFailure> ReadEnvironmentFile(const std::string& env_file);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_ENVIRONMENT_FILE_H_
