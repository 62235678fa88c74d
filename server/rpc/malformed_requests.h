#ifndef HOB_SERVER_RPC_MALFORMED_REQUESTS_H_
#define HOB_SERVER_RPC_MALFORMED_REQUESTS_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>

namespace hob {

// What grpc::ServerBuilder takes, so that a request that is no message of its method (cut off, not
// UTF-8, nested too deeply) is answered with InvalidArgument (MALFORMED_REQUEST). gRPC 1.51 by
// itself says Unimplemented, as if the server did not know the method, and nothing else.
//
// Thread-safe. Methods that take raw bytes check them themselves.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> AnswerMalformedRequests();

}  // namespace hob

#endif  // HOB_SERVER_RPC_MALFORMED_REQUESTS_H_
