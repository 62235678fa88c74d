#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_

#include <string>

#include "server/daemon/exit_report.h"
#include "server/process/process.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {

// Returns the meaning of an errno(3): "No such file or directory".
std::string ErrnoMeaning(int error_number);

// Returns the path of the file that the kernel needs to execute the open file `program`: the
// interpreter named in the first line of a script, or the loader of a 64-bit ELF program. Empty if
// the program needs none, or if the file cannot be read.
std::string InterpreterOf(int program);

// Explains a failed step of this request: the object, the errno, and a remedy if one is known. For
// "exec" it inspects the file to distinguish a missing program from a missing interpreter, and a
// directory from a file that is not executable.
SpawnFailure ExplainSpawnFailure(const SpawnRequest& request, SpawnStep step);

// Explains the failure of the exec helper at the path `helper`, which execve(2) has refused with
// the errno(3). Reports an incomplete installation unless the error is temporary.
SpawnFailure ExplainHelperFailure(const std::string& helper, int error_number);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_FAILURE_H_
