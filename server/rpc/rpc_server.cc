#include "server/rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "server/daemon/caller.h"
#include "server/errors/errors.h"
#include "server/posix/user_name.h"
#include "server/rpc/services.h"
#include "server/rpc/status.h"
#include "server/sync/mutex.h"
#include "server/version/version.h"

namespace hob {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::ServerRpcInfo;

// Requests are names and flags; hob has no use for a larger message.
constexpr int kMaxRequestBytes = 1 << 20;
// Bounds the memory of all callers together, because gRPC reads a message to its end before it
// reports that it is too large. Far more than 5,000 watchers use: gRPC enforces the limit at the
// expense of any caller's calls.
constexpr size_t kMaxCallerMemory = size_t{256} << 20;
// Bounds the handshake of a caller that has sent something. On a busy machine either side may get
// no processor for seconds; the listener handles silent callers (SilentConnections).
constexpr int kHandshakeTimeoutMs = 60'000;
// Keys of endpoints for callers who are no known user.
constexpr int64_t kTcpCallers = -1;
constexpr int64_t kOtherUsers = -2;

}  // namespace

// Counts the calls in progress. Thread-safe.
class CallCount {
 public:
  void Add() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    ++count_;
  }
  void Remove() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    if (--count_ == 0) none_.WakeAll();
  }
  // Returns when no call is in progress, or at the deadline.
  void AwaitNone(CondVar::Deadline deadline) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (count_ > 0 && none_.WaitUntil(&mu_, deadline)) {
    }
  }

 private:
  Mutex mu_;
  CondVar none_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

namespace {

// Counts a call until its status is sent: gRPC keeps an interceptor as long as its call.
class CountedCall : public grpc::experimental::Interceptor {
 public:
  explicit CountedCall(std::shared_ptr<CallCount> calls) : calls_(std::move(calls)) {
    calls_->Add();
  }
  ~CountedCall() override { calls_->Remove(); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    methods->Proceed();
  }

 private:
  const std::shared_ptr<CallCount> calls_;
};

class CountedCalls : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CountedCalls(std::shared_ptr<CallCount> calls) : calls_(std::move(calls)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo*) override {
    return new CountedCall(calls_);
  }

 private:
  const std::shared_ptr<CallCount> calls_;
};

// Answers a call with an unreadable request.
class RequestCheck : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() == nullptr) {
      malformed_ = true;
    }
    if (malformed_ &&
        methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      methods->ModifySendStatus(ToGrpcStatus(MalformedRequest()));
    }
    methods->Proceed();
  }

 private:
  bool malformed_ = false;
};

class RequestChecks : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* call) override {
    // A stream of requests ends with a null message.
    const bool has_one_request = call->type() == ServerRpcInfo::Type::UNARY ||
                                 call->type() == ServerRpcInfo::Type::SERVER_STREAMING;
    return has_one_request ? new RequestCheck : nullptr;
  }
};

// A call that fails before it begins.
class FailedCall : public grpc::ServerGenericBidiReactor {
 public:
  explicit FailedCall(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

 private:
  void OnDone() override { delete this; }
};

// True if threads can be made. gRPC ends the process if it cannot make those of a server.
bool HasRoomForThreads() {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  bool has_room = true;
  try {
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([] {});
  } catch (const std::system_error&) {
    has_room = false;
  }
  for (std::thread& thread : threads) thread.join();
  return has_room;
}

}  // namespace

class RpcServer::Endpoint {
 public:
  Endpoint(Handlers& handlers, const Caller& caller, Interceptors interceptors,
           const grpc::ResourceQuota& quota, const std::shared_ptr<CallCount>& calls)
      : supervisor_(handlers, caller), health_(handlers, caller) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
    builder.SetResourceQuota(quota);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    builder.RegisterService(&supervisor_);
    builder.RegisterService(&health_);
    builder.RegisterCallbackGenericService(&unknown_methods_);
    interceptors.insert(interceptors.begin(), std::make_unique<RequestChecks>());
    interceptors.push_back(std::make_unique<CountedCalls>(calls));
    builder.experimental().SetInterceptorCreators(std::move(interceptors));
    server_ = builder.BuildAndStart();
  }

  void TakeConnection(UniqueFd connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = connection.Release();
    acceptor_->HandleNewConnection(&parameters);
  }

  void ShutDown(std::chrono::system_clock::time_point deadline) {
    server_->Shutdown(deadline);
    server_->Wait();
  }

 private:
  // Answers calls of unknown methods.
  class UnknownMethods : public grpc::CallbackGenericService {
   public:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
      return new FailedCall(UnknownMethod(context->method(), kVersion));
    }
  };

  UnknownMethods unknown_methods_;
  SupervisorService supervisor_;
  HealthService health_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

RpcServer::RpcServer(Handlers& handlers, std::function<Interceptors()> make_interceptors)
    : handlers_(handlers),
      make_interceptors_(std::move(make_interceptors)),
      calls_(std::make_shared<CallCount>()) {
  quota_.Resize(kMaxCallerMemory);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // The user of the server can always call, however short threads become.
  const uid_t own = geteuid();
  MutexLock lock(&mu_);
  endpoints_.emplace(own, MakeEndpoint({Caller::Kind::kUser, DescribeUser(own), ""}));
}

RpcServer::~RpcServer() = default;

std::unique_ptr<RpcServer::Endpoint> RpcServer::MakeEndpoint(const Caller& caller) {
  return std::make_unique<Endpoint>(handlers_, caller, make_interceptors_(), quota_, calls_);
}

RpcServer::Endpoint* RpcServer::EndpointFor(int connection) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  // A TCP socket has no peer credentials: the kernel reports -1.
  const bool is_user = getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                       peer.uid != static_cast<uid_t>(-1);
  int64_t key = is_user ? int64_t{peer.uid} : kTcpCallers;
  if (is_user && endpoints_.count(key) == 0 && endpoints_.size() >= kMaxUsers) key = kOtherUsers;
  const auto found = endpoints_.find(key);
  if (found != endpoints_.end()) return found->second.get();
  if (!HasRoomForThreads()) return nullptr;
  Caller caller{is_user ? Caller::Kind::kUser : Caller::Kind::kTcp, "", ""};
  if (is_user) caller.name = key == kOtherUsers ? "another user" : DescribeUser(peer.uid);
  return endpoints_.emplace(key, MakeEndpoint(caller)).first->second.get();
}

void RpcServer::TakeConnection(UniqueFd connection) {
  MutexLock lock(&mu_);
  if (shut_down_) return;
  Endpoint* const endpoint = EndpointFor(connection.get());
  if (endpoint != nullptr) endpoint->TakeConnection(std::move(connection));
}

void RpcServer::ShutDown(std::chrono::milliseconds grace) {
  const auto begin = std::chrono::system_clock::now();
  calls_->AwaitNone(CondVar::In(grace));
  MutexLock lock(&mu_);
  shut_down_ = true;
  for (const auto& [user, endpoint] : endpoints_) endpoint->ShutDown(begin + grace);
}

bool IsOfUnknownMethod(const ServerRpcInfo& call) {
  // gRPC treats them as bidirectional streams, and the only known one is reflection.
  return call.type() == ServerRpcInfo::Type::BIDI_STREAMING &&
         !absl::StartsWith(call.method(), "/grpc.reflection.");
}

}  // namespace hob
