#ifndef HOB_SERVER_RPC_STATUS_H_
#define HOB_SERVER_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace hob {

// Converts a status to gRPC: same code and message; a reason of server/errors becomes a
// google.rpc.ErrorInfo with the domain "hob" in the details.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace hob

#endif  // HOB_SERVER_RPC_STATUS_H_
