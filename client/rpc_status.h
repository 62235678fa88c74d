// Failures of calls, as the client tells them.
#ifndef HOB_CLIENT_RPC_STATUS_H_
#define HOB_CLIENT_RPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace hob {
namespace client {

// Whether the server failed the call: it attaches details to each of its errors. Else gRPC itself
// did. False for OK.
bool IsFromServer(const grpc::Status& status);

// True if the connection broke before the server had answered: gRPC cannot say whether the server
// has seen the call.
bool IsBrokenConnection(const grpc::Status& status);

// The same failure with the server's message; where gRPC failed the call, with a sentence that says
// what that means for the user.
absl::Status ToStatus(const grpc::Status& status);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_RPC_STATUS_H_
