#ifndef HOB_SERVER_DAEMON_DAEMON_NAME_H_
#define HOB_SERVER_DAEMON_DAEMON_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// Longest name of a daemon. A name becomes part of paths and of control groups: 1 to 64 letters,
// digits, `_`, `.` and `-`, of which the first is a letter, a digit or `_`. Each name is also a
// service name of the gRPC health service, so names of gRPC services are invalid:
// "hob.v1.Supervisor" and all names that start with "grpc.".
inline constexpr int kMaxDaemonNameLength = 64;

bool IsValidDaemonName(absl::string_view name);

// Returns the reason why `name` is invalid, and the nearest valid name if there is one: `'a/b' is
// not a valid daemon name: only letters, digits, '_', '.' and '-' are allowed; did you mean
// 'a-b'?`. Escapes control characters and shortens long names.
std::string WhyInvalidDaemonName(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_NAME_H_
