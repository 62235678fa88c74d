#ifndef HOB_SERVER_API_RIGHTS_H_
#define HOB_SERVER_API_RIGHTS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/caller.h"

namespace hob {

// The right that a caller needs to call a method.
enum class Right {
  // See daemons and their health.
  kRead,
  // See the output of daemons.
  kLogs,
  // Start, stop and signal daemons.
  kOperate,
  // Change the configuration in force.
  kConfigure,
};

// Returns the right that `method` ("hob.v1.Supervisor/List") requires; absent for an unknown
// method. Does not cover reflection: gRPC answers it itself, to everyone.
absl::optional<Right> RightFor(absl::string_view method);

// Returns OK if `caller` has the right that `method` requires. The server and callers on a Unix
// socket have all rights. Callers over TCP have kRead and kLogs, and get PermissionDenied
// (READ_ONLY_ADDRESS) for anything else.
absl::Status CheckRight(const Caller& caller, absl::string_view method);

}  // namespace hob

#endif  // HOB_SERVER_API_RIGHTS_H_
