#include "server/rpc/services.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "server/errors/errors.h"
#include "server/rpc/reactors.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Returns `caller`, with the address if it is a TCP caller.
Caller WithAddress(Caller caller, const grpc::CallbackServerContext& context) {
  if (caller.kind != Caller::Kind::kTcp) return caller;
  // gRPC writes "ipv4:127.0.0.1:4711", and "ipv6:%5B::1%5D:4711".
  const std::string peer = context.peer();
  caller.name = absl::StrReplaceAll(peer.substr(peer.find(':') + 1), {{"%5B", "["}, {"%5D", "]"}});
  return caller;
}

// Answers a call with one response.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Answer(Handlers& handlers, const char* method, const Caller& caller,
                                 const Request& request, Response* response) {
  const std::shared_ptr<PendingCall> call = PendingCall::Create();
  handlers.Call<Response>(method, caller, request,
                          [call, response](absl::StatusOr<Response> answer) {
                            call->Complete([&] {
                              if (answer.ok()) response->Swap(&*answer);
                              return ToGrpcStatus(answer.status());
                            });
                          });
  return call.get();
}

// Answers a call with the stream that `begin` makes from the feed.
template <typename Feed, typename Response, typename Request, typename Begin>
grpc::ServerWriteReactor<Response>* Stream(Handlers& handlers, const char* method,
                                           const Caller& caller, const Request& request,
                                           const Begin& begin) {
  grpc::ServerWriteReactor<Response>* stream = nullptr;
  handlers.Call<Feed>(method, caller, request, [&](absl::StatusOr<Feed> feed) {
    if (feed.ok()) {
      stream = begin(*std::move(feed));
    } else {
      stream = new FailedStream<Response>(feed.status());
    }
  });
  return stream;
}

// Answers a call with the responses of a WatchFeed, HealthFeed or RollFeed.
template <typename Feed, typename Request>
grpc::ServerWriteReactor<typename Feed::Response>* Follow(Handlers& handlers, const char* method,
                                                          const Caller& caller,
                                                          const Request& request) {
  return Stream<Feed, typename Feed::Response>(
      handlers, method, caller, request, [&handlers](Feed feed) {
        return FeedStream<Feed>::Begin(std::move(feed), handlers.notifier());
      });
}

// Returns a slice that shares `bytes`.
grpc::Slice SliceOf(ListHandler::Answer bytes) {
  auto* const held = new ListHandler::Answer(std::move(bytes));
  return grpc::Slice(
      const_cast<char*>((*held)->data()), (*held)->size(),
      [](void* answer) { delete static_cast<ListHandler::Answer*>(answer); }, held);
}

}  // namespace

grpc::ServerUnaryReactor* SupervisorService::List(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  // Reading a buffer empties it, and a copy shares its slices.
  grpc::ByteBuffer bytes = *request;
  v1::ListRequest list;
  if (!grpc::SerializationTraits<v1::ListRequest>::Deserialize(&bytes, &list).ok()) {
    reactor->Finish(ToGrpcStatus(MalformedRequest()));
    return reactor;
  }
  handlers_.Call<ListHandler::Answer>("hob.v1.Supervisor/List", WithAddress(caller_, *context),
                                      list, [&](absl::StatusOr<ListHandler::Answer> answer) {
                                        if (answer.ok()) {
                                          const grpc::Slice slice = SliceOf(*std::move(answer));
                                          *response = grpc::ByteBuffer(&slice, 1);
                                        }
                                        reactor->Finish(ToGrpcStatus(answer.status()));
                                      });
  return reactor;
}

grpc::ServerUnaryReactor* SupervisorService::Status(grpc::CallbackServerContext* context,
                                                    const v1::StatusRequest* request,
                                                    v1::StatusResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Status", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Restart(grpc::CallbackServerContext* context,
                                                     const v1::RestartRequest* request,
                                                     v1::RestartResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Restart", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Start(grpc::CallbackServerContext* context,
                                                   const v1::StartRequest* request,
                                                   v1::StartResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Start", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Stop(grpc::CallbackServerContext* context,
                                                  const v1::StopRequest* request,
                                                  v1::StopResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Stop", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Signal(grpc::CallbackServerContext* context,
                                                    const v1::SignalRequest* request,
                                                    v1::SignalResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Signal", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Hold(grpc::CallbackServerContext* context,
                                                  const v1::HoldRequest* request,
                                                  v1::HoldResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Hold", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Release(grpc::CallbackServerContext* context,
                                                     const v1::ReleaseRequest* request,
                                                     v1::ReleaseResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Release", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Reload(grpc::CallbackServerContext* context,
                                                    const v1::ReloadRequest* request,
                                                    v1::ReloadResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Reload", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerUnaryReactor* SupervisorService::Info(grpc::CallbackServerContext* context,
                                                  const v1::InfoRequest* request,
                                                  v1::InfoResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Info", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerWriteReactor<v1::WatchResponse>* SupervisorService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  return Follow<WatchFeed>(handlers_, "hob.v1.Supervisor/Watch", WithAddress(caller_, *context),
                           *request);
}

grpc::ServerWriteReactor<v1::RollResponse>* SupervisorService::Roll(
    grpc::CallbackServerContext* context, const v1::RollRequest* request) {
  return Follow<RollFeed>(handlers_, "hob.v1.Supervisor/Roll", WithAddress(caller_, *context),
                          *request);
}

grpc::ServerWriteReactor<v1::LogsResponse>* SupervisorService::Logs(
    grpc::CallbackServerContext* context, const v1::LogsRequest* request) {
  return Stream<std::unique_ptr<LogsFeed>, v1::LogsResponse>(
      handlers_, "hob.v1.Supervisor/Logs", WithAddress(caller_, *context), *request,
      [this](std::unique_ptr<LogsFeed> feed) {
        return LogsStream::Begin(std::move(feed), handlers_.logs_thread());
      });
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  return Answer(handlers_, "grpc.health.v1.Health/Check", WithAddress(caller_, *context), *request,
                response);
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  return Follow<HealthFeed>(handlers_, "grpc.health.v1.Health/Watch",
                            WithAddress(caller_, *context), *request);
}

}  // namespace hob
