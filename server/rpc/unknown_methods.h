#ifndef HOB_SERVER_RPC_UNKNOWN_METHODS_H_
#define HOB_SERVER_RPC_UNKNOWN_METHODS_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/server_interceptor.h>

namespace hob {

// Answers calls of methods that no service of the server has with Unimplemented (UNKNOWN_METHOD),
// which names the method. gRPC by itself says UNIMPLEMENTED and nothing else.
//
// Register it with grpc::ServerBuilder::RegisterCallbackGenericService. Thread-safe.
class UnknownMethods : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
};

// True if a call that an interceptor meets is one that UnknownMethods answers.
bool IsOfUnknownMethod(const grpc::experimental::ServerRpcInfo& call);

}  // namespace hob

#endif  // HOB_SERVER_RPC_UNKNOWN_METHODS_H_
