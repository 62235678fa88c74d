#ifndef HOB_SERVER_DAEMON_DAEMON_NAME_H_
#define HOB_SERVER_DAEMON_DAEMON_NAME_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace hob {

// Longest name that a configuration gives a daemon. A name becomes part of paths and of control
// groups: 1 to 64 letters, digits, `_`, `.` and `-`, of which the first is a letter, a digit or
// `_`. Each name is also a service name of the gRPC health service, so names of gRPC services are
// invalid: "hob.v1.Supervisor" and all names that start with "grpc.".
inline constexpr int kMaxDaemonNameLength = 64;

// Greatest number of instances of a set.
inline constexpr int kMaxInstances = 1000;

// The parts of the name of a set's instance: "worker@2".
struct InstanceName {
  std::string set;
  // From 1 to kMaxInstances.
  int number = 0;
};

// True if a configuration may define a daemon or a set of that name.
bool IsValidDaemonName(absl::string_view name);

// Returns the parts of the name of an instance; absent if `name` is none.
absl::optional<InstanceName> ParseInstanceName(absl::string_view name);

// True if a daemon may have that name: IsValidDaemonName, or the name of an instance.
bool IsNameOfDaemon(absl::string_view name);

// Returns the name under which the daemon `name` is configured: that of its set, or its own.
absl::string_view ConfiguredName(absl::string_view name);

// Orders the names of daemons: instances by the name of their set, then by number.
struct NameLess {
  using is_transparent = void;
  bool operator()(absl::string_view a, absl::string_view b) const;
};

// Returns the reason why `name` is invalid, and the nearest valid name if there is one: `'a/b' is
// not a valid daemon name: only letters, digits, '_', '.' and '-' are allowed; did you mean
// 'a-b'?`. For the name of an instance, says to configure its set instead. Escapes control
// characters and shortens long names.
std::string WhyInvalidDaemonName(absl::string_view name);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_NAME_H_
