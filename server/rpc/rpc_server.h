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
// handed to it. It bounds what all callers together may make it keep.
//
// A call of a method that it does not have is answered with Unimplemented (UNKNOWN_METHOD), and a
// request that is no message of its method (cut off, not UTF-8, nested too deeply) with
// InvalidArgument (MALFORMED_REQUEST). gRPC 1.51 by itself says UNIMPLEMENTED to both and nothing
// else.
//
// Thread-safe.
class RpcServer {
 public:
  using Interceptors =
      std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

  // Begins to serve. `handlers` outlives it. `interceptors` see each call with the status that it
  // is answered with in the end.
  RpcServer(Handlers& handlers, Interceptors interceptors);

  // Takes over a connection that a listener has accepted.
  void TakeConnection(UniqueFd connection);

  // Takes no more calls. Waits for those that are under way, which their handlers must be ending,
  // and cancels what is left of them after `patience`. Only then asks the clients to go: one that
  // is asked first answers, and may find the connection closed and lose the status that is on its
  // way. Called once.
  void ShutDown(std::chrono::milliseconds patience);

 private:
  // Answers calls of methods that no service has.
  class UnknownMethods : public grpc::CallbackGenericService {
   public:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override;
  };

  // Shared with the calls, of which gRPC may keep some for longer than the server lives.
  const std::shared_ptr<CallCount> calls_;
  UnknownMethods unknown_methods_;
  SupervisorService supervisor_;
  HealthService health_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

// True if an interceptor meets a call of a method that the server does not have.
bool IsOfUnknownMethod(const grpc::experimental::ServerRpcInfo& call);

}  // namespace hob

#endif  // HOB_SERVER_RPC_RPC_SERVER_H_
