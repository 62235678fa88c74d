#include "server/rpc/services.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "server/errors/errors.h"
#include "server/rpc/reactors.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// gRPC does not report the user at the other end of a Unix socket.
Caller CallerOf(const grpc::CallbackServerContext& context) {
  std::string address = context.peer();
  const bool is_unix = absl::StartsWith(address, "unix:");
  return {is_unix ? Caller::Kind::kUnix : Caller::Kind::kTcp, std::move(address)};
}

// Answers a call with one response.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Answer(Handlers& handlers, const char* method,
                                 const grpc::CallbackServerContext& context, const Request& request,
                                 Response* response) {
  const std::shared_ptr<PendingCall> call = PendingCall::Create();
  handlers.Call<Response>(method, CallerOf(context), request,
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
                                           const grpc::CallbackServerContext& context,
                                           const Request& request, const Begin& begin) {
  grpc::ServerWriteReactor<Response>* stream = nullptr;
  handlers.Call<Feed>(method, CallerOf(context), request, [&](absl::StatusOr<Feed> feed) {
    if (feed.ok()) {
      stream = begin(*std::move(feed));
    } else {
      stream = new FailedStream<Response>(feed.status());
    }
  });
  return stream;
}

// Answers a call with the responses of a WatchFeed or HealthFeed.
template <typename Feed, typename Request>
grpc::ServerWriteReactor<typename Feed::Response>* Follow(
    Handlers& handlers, const char* method, const grpc::CallbackServerContext& context,
    const Request& request) {
  return Stream<Feed, typename Feed::Response>(
      handlers, method, context, request, [&handlers](Feed feed) {
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
  handlers_.Call<ListHandler::Answer>("hob.v1.Supervisor/List", CallerOf(*context), list,
                                      [&](absl::StatusOr<ListHandler::Answer> answer) {
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
  return Answer(handlers_, "hob.v1.Supervisor/Status", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Restart(grpc::CallbackServerContext* context,
                                                     const v1::RestartRequest* request,
                                                     v1::RestartResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Restart", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Start(grpc::CallbackServerContext* context,
                                                   const v1::StartRequest* request,
                                                   v1::StartResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Start", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Stop(grpc::CallbackServerContext* context,
                                                  const v1::StopRequest* request,
                                                  v1::StopResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Stop", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Signal(grpc::CallbackServerContext* context,
                                                    const v1::SignalRequest* request,
                                                    v1::SignalResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Signal", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Reload(grpc::CallbackServerContext* context,
                                                    const v1::ReloadRequest* request,
                                                    v1::ReloadResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Reload", *context, *request, response);
}

grpc::ServerUnaryReactor* SupervisorService::Info(grpc::CallbackServerContext* context,
                                                  const v1::InfoRequest* request,
                                                  v1::InfoResponse* response) {
  return Answer(handlers_, "hob.v1.Supervisor/Info", *context, *request, response);
}

grpc::ServerWriteReactor<v1::WatchResponse>* SupervisorService::Watch(
    grpc::CallbackServerContext* context, const v1::WatchRequest* request) {
  return Follow<WatchFeed>(handlers_, "hob.v1.Supervisor/Watch", *context, *request);
}

grpc::ServerWriteReactor<v1::LogsResponse>* SupervisorService::Logs(
    grpc::CallbackServerContext* context, const v1::LogsRequest* request) {
  return Stream<std::unique_ptr<LogsFeed>, v1::LogsResponse>(
      handlers_, "hob.v1.Supervisor/Logs", *context, *request,
      [this](std::unique_ptr<LogsFeed> feed) {
        return LogsStream::Begin(std::move(feed), handlers_.logs_thread());
      });
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  return Answer(handlers_, "grpc.health.v1.Health/Check", *context, *request, response);
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  return Follow<HealthFeed>(handlers_, "grpc.health.v1.Health/Watch", *context, *request);
}

}  // namespace hob
