#ifndef HOB_SERVER_SUPERVISOR_ENVIRONMENT_FILE_H_
#define HOB_SERVER_SUPERVISOR_ENVIRONMENT_FILE_H_

#include <string>

#include "absl/types/variant.h"
#include "server/config/environment.h"
#include "server/daemon/exit_report.h"

namespace hob {

// Reads an `env_file` (contract 1.4): lines of KEY=VALUE words, quoted as a command is; lines that
// begin with `;` or `#` and empty ones are comments. At most 1 MiB, a regular file. A failure has
// the stage "env_file" and says which line.
absl::variant<Environment, SpawnFailure> ReadEnvironmentFile(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_ENVIRONMENT_FILE_H_
