#ifndef HOB_SERVER_SUPERVISOR_RUNNER_STATE_H_
#define HOB_SERVER_SUPERVISOR_RUNNER_STATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/process/live_instance.h"
#include "server/supervisor/instance_watch.h"
#include "server/supervisor/lifecycle.h"
#include "server/supervisor/pending_start.h"
#include "server/supervisor/relations.h"
#include "server/supervisor/succession.h"

namespace hob {

// The state of a DaemonRunner, so that another process can continue from it. Does not include
// descriptors, waiting callers or the configuration, which is stored elsewhere. A plain value.
struct RunnerState {
  Lifecycle::State lifecycle;
  // True if there is an instance, or a process left of one.
  bool has_instance = false;
  // Of the present instance, otherwise of the last.
  LiveInstance::State instance;
  PendingStart::State start;
  InstanceWatch::State watch;
  Succession::State succession;
  // The reason why hob itself ends the instance; empty if it does not.
  std::string verdict;
  // True once an operator has commanded the daemon up or down.
  bool told_by_operator = false;
  bool restarting = false;
  Relations::State relations;
  // True if DaemonSnapshot::pending_spec is not null.
  bool has_pending_spec = false;
};

// True if every field is equal.
bool operator==(const RunnerState& a, const RunnerState& b);

// Returns the state as lines "KEY VALUE" after the line "hob-runner 1". Points on the monotonic
// clock are nanoseconds since the boot and mean nothing after the next boot; durations and wall
// times (since 1970) are nanoseconds too.
//
// A later version may add keys: ParseRunnerState leaves a field without a line at its default, and
// ignores a line without a field. A change that older readers would misunderstand needs another
// first line.
std::string SerializeRunnerState(const RunnerState& state);

// Parses the output of SerializeRunnerState. InvalidArgument, with the line, if a line or a value
// cannot be read.
absl::StatusOr<RunnerState> ParseRunnerState(absl::string_view text);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RUNNER_STATE_H_
