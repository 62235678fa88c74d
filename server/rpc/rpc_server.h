#ifndef HOB_SERVER_RPC_RPC_SERVER_H_
#define HOB_SERVER_RPC_RPC_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/api/handlers.h"
#include "server/posix/unique_fd.h"
#include "server/sync/mutex.h"

namespace hob {

class CallCount;

// The gRPC server: hob.v1.Supervisor, grpc.health.v1.Health and reflection, on connections that are
// passed to it. Bounds the memory that all callers together can use.
//
// Tells the handlers which user calls. gRPC 1.51 itself knows nothing of the process at the other
// end of a Unix socket, so that the connections of each user, and those over TCP, have a
// grpc::Server of their own; it is made for the first of them.
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

  // Users beyond this number are not told apart.
  static constexpr int kMaxUsers = 64;

  // `handlers` outlives the server. `make_interceptors`, called for each user, returns those that
  // see each call with its final status.
  RpcServer(Handlers& handlers, std::function<Interceptors()> make_interceptors);
  ~RpcServer();

  // Takes ownership of a connection that a listener has accepted. Closes it after ShutDown, and if
  // it is the first one of a user and no threads are left for an endpoint.
  void TakeConnection(UniqueFd connection) ABSL_LOCKS_EXCLUDED(mu_);

  // Takes no more calls. Waits for calls in progress, which their handlers must be ending, and
  // cancels those that remain after `grace`. Only then asks the clients to disconnect: a client
  // that is asked first replies, may find the connection closed, and then loses the status that is
  // on its way. Called once.
  void ShutDown(std::chrono::milliseconds grace) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // The grpc::Server for the connections of one user, or for those over TCP.
  class Endpoint;

  // Returns the endpoint for a connection, which it makes if there is none; null if it cannot.
  Endpoint* EndpointFor(int connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::unique_ptr<Endpoint> MakeEndpoint(const Caller& caller);

  Handlers& handlers_;
  const std::function<Interceptors()> make_interceptors_;
  // Of all endpoints together.
  grpc::ResourceQuota quota_{"callers"};
  // Shared with the calls, some of which gRPC may keep after the server is gone.
  const std::shared_ptr<CallCount> calls_;
  Mutex mu_;
  // By user, with two keys that are no users: TCP callers, and users beyond kMaxUsers.
  std::map<int64_t, std::unique_ptr<Endpoint>> endpoints_ ABSL_GUARDED_BY(mu_);
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

// True if `call` is a call of an unknown method.
bool IsOfUnknownMethod(const grpc::experimental::ServerRpcInfo& call);

}  // namespace hob

#endif  // HOB_SERVER_RPC_RPC_SERVER_H_
