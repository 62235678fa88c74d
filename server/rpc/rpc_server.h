#ifndef HOB_SERVER_RPC_RPC_SERVER_H_
#define HOB_SERVER_RPC_RPC_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <vector>

#include "server/api/handlers.h"
#include "server/posix/unique_fd.h"
#include "server/rpc/services.h"

namespace hob {

class CallCount;

// The gRPC server: hob.v1.Supervisor, grpc.health.v1.Health and reflection, on connections that are
// passed to it. Bounds the memory that all callers together can use.
//
// Answers a call of an unknown method with Unimplemented (UNKNOWN_METHOD), and a request that is
// not a valid message (truncated, not UTF-8, nested too deeply) with InvalidArgument
// (MALFORMED_REQUEST). gRPC 1.51 itself answers both with a bare UNIMPLEMENTED.
//
// Thread-safe.
class RpcServer {
 public:
  using Interceptors =
      std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

  // Starts serving. `handlers` outlives the server. `interceptors` see each call with its final
  // status.
  RpcServer(Handlers& handlers, Interceptors interceptors);

  // Takes ownership of a connection that a listener has accepted.
  void TakeConnection(UniqueFd connection);

  // Takes no more calls. Waits for calls in progress, which their handlers must be ending, and
  // cancels those that remain after `grace`. Only then asks the clients to disconnect: a client
  // that is asked first replies, may find the connection closed, and then loses the status that is
  // on its way. Called once.
  void ShutDown(std::chrono::milliseconds grace);

 private:
  // Answers calls of unknown methods.
  class UnknownMethods : public grpc::CallbackGenericService {
   public:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override;
  };

  // Shared with the calls, some of which gRPC may keep after the server is gone.
  const std::shared_ptr<CallCount> calls_;
  UnknownMethods unknown_methods_;
  SupervisorService supervisor_;
  HealthService health_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

// True if `call` is a call of an unknown method.
bool IsOfUnknownMethod(const grpc::experimental::ServerRpcInfo& call);

}  // namespace hob

#endif  // HOB_SERVER_RPC_RPC_SERVER_H_
