#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_

#include <string>

#include "server/daemon/exit_report.h"
#include "server/process/process.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {

// What an errno(3) means: "No such file or directory".
std::string ErrnoMeaning(int error_number);

// Returns the path of what the kernel needs to execute the open file `program`: the interpreter
// that a script names in its first line, or the loader of a 64-bit ELF program. Empty when it needs
// none, or when that cannot be read.
std::string InterpreterOf(int program);

// Says in words what a failed step means for this request: which object, which errno, and what to
// do where that is known. For "exec" it looks at the file to tell a missing program from a missing
// interpreter, and a folder from a file that is not executable.
SpawnFailure ExplainSpawnFailure(const SpawnRequest& request, SpawnStep step);

// Says the same of an exec helper, at the path `helper`, that execve(2) has refused with the
// errno(3): unless it may recover, the installation is incomplete.
SpawnFailure ExplainHelperFailure(const std::string& helper, int error_number);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_
