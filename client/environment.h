// The parts of the process that the client reads or writes.
#ifndef HOB_CLIENT_ENVIRONMENT_H_
#define HOB_CLIENT_ENVIRONMENT_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "client/exit_code.h"

namespace hob {
namespace client {

// The capabilities of an output stream.
struct Terminal {
  // False if it is a pipe or a file.
  bool is_terminal = false;
  // In columns; 0 is no limit.
  int width = 0;
  // True on a terminal without NO_COLOR.
  bool colour = false;
};

// Passed to Run, so that tests need neither a terminal nor the time of day. A plain value; owns
// nothing.
struct Environment {
  // Receives data. Outlives the run.
  std::ostream* out = nullptr;
  // Returns errno(3) of the first failed write to `out`; 0 if none has failed.
  std::function<int()> out_error;
  // Receives messages. Outlives the run.
  std::ostream* err = nullptr;
  Terminal out_terminal;
  Terminal err_terminal;
  // Returns the environment variable of this name; absent if there is none.
  std::function<absl::optional<std::string>(const std::string& name)> variable;
  // Returns the wall-clock time, the reference for ages.
  std::function<absl::Time()> now;
  // The time zone for output.
  absl::TimeZone zone;
  // Ends the process at once, after all output is written. If null, Run returns instead. A shutdown
  // of gRPC joins its threads one by one, and on a busy machine each waits for a processor.
  std::function<void(ExitCode code)> exit;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_ENVIRONMENT_H_
