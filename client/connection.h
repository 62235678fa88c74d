// Connects to the server.
#ifndef HOB_CLIENT_CONNECTION_H_
#define HOB_CLIENT_CONNECTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/address.h"

namespace hob {
namespace client {

// A connected socket, non-blocking and closed on exec. A plain value: the caller owns the
// descriptor.
struct Connection {
  // The address as Address::ToString writes it.
  std::string address;
  int descriptor = -1;
};

// Connects to the first of `addresses` that exists: tries the next one only if there is no socket,
// so that a command never reaches the system's server because the user's has crashed. Waits at most
// 5 s for each.
//
// gRPC gets the connected socket. A failure thus carries the kernel's own reason, and gRPC skips
// its resolvers and balancers, which take most of its start-up time.
//
// PermissionDenied or Unavailable: the message names every address tried, the reason for each
// failure and a remedy.
absl::StatusOr<Connection> Connect(const std::vector<Address>& addresses);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_CONNECTION_H_
