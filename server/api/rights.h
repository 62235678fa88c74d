#ifndef HOB_SERVER_API_RIGHTS_H_
#define HOB_SERVER_API_RIGHTS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/caller.h"

namespace hob {

// The right that a caller needs to call a method.
enum class Right {
  // To see daemons and their health.
  kRead,
  // To see what daemons write.
  kLogs,
  // To start, stop and signal daemons.
  kOperate,
  // To change the configuration in force.
  kConfigure,
};

// Returns the right that `method` ("hob.v1.Supervisor/List") takes; absent if there is no such
// method. Reflection is none of them: gRPC answers it itself, to everyone.
absl::optional<Right> RightFor(absl::string_view method);

// Returns OK if `caller` has the right that `method` takes. The server and callers of a Unix socket
// have all rights; callers over TCP have kRead and kLogs, and get PermissionDenied
// (READ_ONLY_ADDRESS) for any other.
absl::Status CheckRight(const Caller& caller, absl::string_view method);

}  // namespace hob

#endif  // HOB_SERVER_API_RIGHTS_H_
