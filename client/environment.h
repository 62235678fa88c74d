// Everything of the surrounding process that the client reads or writes.
#ifndef HOB_CLIENT_ENVIRONMENT_H_
#define HOB_CLIENT_ENVIRONMENT_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace hob {
namespace client {

// What a stream can show.
struct Terminal {
  // Whether somebody looks at it; else it is a pipe or a file.
  bool is_terminal = false;
  // Columns; 0 is no limit.
  int width = 0;
  // Whether colours are wanted: on a terminal without NO_COLOR.
  bool colour = false;
};

// Passed to Run, so that tests need neither a terminal nor a time. A plain value; owns nothing.
struct Environment {
  // Data. Outlives the run.
  std::ostream* out = nullptr;
  // errno(3) of the first write to `out` that failed; 0 when none has.
  std::function<int()> out_error;
  // Messages. Outlives the run.
  std::ostream* err = nullptr;
  Terminal out_terminal;
  Terminal err_terminal;
  // The environment variable of this name; absent when there is none.
  std::function<absl::optional<std::string>(const std::string& name)> variable;
  // The wall clock: ages are counted from it.
  std::function<absl::Time()> now;
  // Times are shown in it.
  absl::TimeZone zone;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_ENVIRONMENT_H_
