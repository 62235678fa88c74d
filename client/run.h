#ifndef HOB_CLIENT_RUN_H_
#define HOB_CLIENT_RUN_H_

#include <string>
#include <vector>

#include "client/environment.h"
#include "client/exit_code.h"

namespace hob {
namespace client {

// Runs the client: parses the arguments (without the name of the program), executes the command and
// returns the exit code. kFailed if the output cannot be written, with a message unless its reader
// has gone. Blocks as long as the command waits.
ExitCode Run(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_RUN_H_
