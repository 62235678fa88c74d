#ifndef HOB_SERVER_DAEMON_DAEMON_NAME_H_
#define HOB_SERVER_DAEMON_DAEMON_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// Names become parts of paths and of control groups: letters, digits, `_`, `.`, `-`; 1 to 64 of
// them; the first a letter, a digit or `_`. Names of gRPC services
// are refused, because each daemon's name is a service name of the health service:
// "hob.v1.Supervisor" and everything that starts with "grpc.".
inline constexpr int kMaxDaemonNameLength = 64;

bool IsValidDaemonName(absl::string_view name);

// Says what is wrong with an invalid name, and names the nearest valid one if there is one:
// `'a/b' is not a valid daemon name: only letters, digits, '_', '.' and '-' are allowed; did you
// mean 'a-b'?`. Control characters are escaped and long names cut.
std::string WhyInvalidDaemonName(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_NAME_H_
