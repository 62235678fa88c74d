#include "server/rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "server/errors/errors.h"
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

}  // namespace

RpcServer::RpcServer(Handlers& handlers, Interceptors interceptors)
    : calls_(std::make_shared<CallCount>()), supervisor_(handlers), health_(handlers) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("callers").Resize(kMaxCallerMemory));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&supervisor_);
  builder.RegisterService(&health_);
  builder.RegisterCallbackGenericService(&unknown_methods_);
  interceptors.insert(interceptors.begin(), std::make_unique<RequestChecks>());
  interceptors.push_back(std::make_unique<CountedCalls>(calls_));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  server_ = builder.BuildAndStart();
}

void RpcServer::TakeConnection(UniqueFd connection) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.fd = connection.Release();
  acceptor_->HandleNewConnection(&parameters);
}

void RpcServer::ShutDown(std::chrono::milliseconds grace) {
  const auto begin = std::chrono::system_clock::now();
  calls_->AwaitNone(CondVar::In(grace));
  server_->Shutdown(begin + grace);
  server_->Wait();
}

grpc::ServerGenericBidiReactor* RpcServer::UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new FailedCall(UnknownMethod(context->method(), kVersion));
}

bool IsOfUnknownMethod(const ServerRpcInfo& call) {
  // gRPC treats them as bidirectional streams, and the only known one is reflection.
  return call.type() == ServerRpcInfo::Type::BIDI_STREAMING &&
         !absl::StartsWith(call.method(), "/grpc.reflection.");
}

}  // namespace hob
