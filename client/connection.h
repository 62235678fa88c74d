// A connection to the server.
#ifndef HOB_CLIENT_CONNECTION_H_
#define HOB_CLIENT_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/address.h"
#include "grpcpp/channel.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// An open connection. It does not reconnect when it breaks (Session::Read does). Thread-safe.
struct Connection {
  // Where the server is.
  std::string address;
  // For other services than the one of `stub`.
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Supervisor::Stub> stub;
};

// Connects to the first of `addresses` that exists: only where there is no socket the next is
// tried, so that a command never lands on the system's server because the user's has crashed.
// Waits at most 5 s for each.
//
// The socket is connected here and handed to gRPC: the reason of a failure is the kernel's own, and
// gRPC's resolvers and balancers, which take most of its start, are left out.
//
// PermissionDenied, Unavailable: a message with every address that was tried, why it failed and
// what to do.
absl::StatusOr<Connection> Connect(const std::vector<Address>& addresses);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_CONNECTION_H_
