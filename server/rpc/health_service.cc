#include "server/rpc/health_service.h"

#include <memory>
#include <string>
#include <utility>

#include "server/errors/errors.h"
#include "server/rpc/change_stream.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ServingStatus = HealthCheckResponse::ServingStatus;

// Returns the status of `service`; SERVICE_UNKNOWN if it is neither the server nor a daemon.
ServingStatus StatusOf(const Registry& registry, bool shutting_down, const std::string& service) {
  const auto from_bool = [](bool serving) {
    return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  };
  const DaemonSnapshotPtr daemon = registry.Find(service);
  if (service.empty() || service == "hob.v1.Supervisor") return from_bool(!shutting_down);
  if (daemon == nullptr) return HealthCheckResponse::SERVICE_UNKNOWN;
  return from_bool(daemon->state == DaemonState::kRunning && daemon->ready);
}

// Tells the status whenever it differs from the one told last.
class HealthStream : public ChangeStream<HealthCheckResponse> {
 public:
  HealthStream(const Registry& registry, ChangeNotifier& notifier,
               const std::atomic<bool>& shutting_down, std::string service)
      : ChangeStream(notifier),
        registry_(registry),
        shutting_down_(shutting_down),
        service_(std::move(service)) {}

 private:
  bool Next(HealthCheckResponse& response) override {
    // First: a change that comes after it wakes this stream.
    sequence_ = registry_.latest_sequence();
    const ServingStatus now = StatusOf(registry_, shutting_down_, service_);
    if (now == told_) return false;
    told_ = now;
    response.set_status(now);
    return true;
  }

  int64_t sequence() const override { return sequence_; }

  const Registry& registry_;
  const std::atomic<bool>& shutting_down_;
  const std::string service_;
  int64_t sequence_ = 0;
  // UNKNOWN is never the status of a service.
  ServingStatus told_ = HealthCheckResponse::UNKNOWN;
};

}  // namespace

void HealthService::BeginShutDown() {
  shutting_down_ = true;
  notifier_.WakeAll();
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const ServingStatus status = StatusOf(registry_, shutting_down_, request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(DaemonNotFound(request->service(), {})));
    return reactor;
  }
  response->set_status(status);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  const auto stream =
      std::make_shared<HealthStream>(registry_, notifier_, shutting_down_, request->service());
  stream->Hold();
  stream->Begin();
  return stream.get();
}

}  // namespace hob
