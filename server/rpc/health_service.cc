#include "server/rpc/health_service.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/errors/errors.h"
#include "server/rpc/change_stream.h"
#include "server/rpc/pending_call.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ServingStatus = HealthCheckResponse::ServingStatus;

bool IsServer(const std::string& service) {
  return service.empty() || service == "hob.v1.Supervisor";
}

ServingStatus FromBool(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

// SERVICE_UNKNOWN where there is no such daemon.
ServingStatus StatusOfDaemon(const Registry& registry, const std::string& name) {
  const DaemonSnapshotPtr daemon = registry.Find(name);
  if (daemon == nullptr) return HealthCheckResponse::SERVICE_UNKNOWN;
  return FromBool(daemon->state == DaemonState::kRunning && daemon->ready);
}

// Tells the status whenever it differs from what was told last.
class HealthStream : public ChangeStream<HealthCheckResponse> {
 public:
  using ChangeStream::ChangeStream;

 protected:
  virtual ServingStatus Now() = 0;

 private:
  bool Next(HealthCheckResponse& response) override {
    const ServingStatus now = Now();
    if (now == told_) return false;
    told_ = now;
    response.set_status(now);
    return true;
  }

  // Never a status of its own.
  ServingStatus told_ = HealthCheckResponse::UNKNOWN;
};

class DaemonHealthStream : public HealthStream {
 public:
  DaemonHealthStream(const Registry& registry, ChangeNotifier& notifier, std::string name)
      : HealthStream(notifier), registry_(registry), name_(std::move(name)) {}

 private:
  ServingStatus Now() override {
    // First: a change that comes after it wakes this stream.
    sequence_ = registry_.latest_sequence();
    return StatusOfDaemon(registry_, name_);
  }

  int64_t sequence() const override { return sequence_; }

  const Registry& registry_;
  const std::string name_;
  int64_t sequence_ = 0;
};

// Of the server itself: asks Liveness, and again after each period.
class ServerHealthStream : public HealthStream {
 public:
  ServerHealthStream(const Registry& registry, ChangeNotifier& notifier,
                     std::shared_ptr<Liveness> liveness, const std::atomic<bool>& shutting_down,
                     absl::Duration period)
      : HealthStream(notifier),
        registry_(registry),
        liveness_(std::move(liveness)),
        shutting_down_(shutting_down),
        period_(period) {}

  // Begins the stream when the first answer is there.
  void Ask() {
    const auto self = std::static_pointer_cast<ServerHealthStream>(shared_from_this());
    liveness_->Ask([self](bool alive) { self->Hear(alive); });
  }

 private:
  ServingStatus Now() override {
    sequence_ = registry_.latest_sequence();
    return FromBool(alive_ && !shutting_down_);
  }

  int64_t sequence() const override { return sequence_; }

  void Hear(bool alive) ABSL_LOCKS_EXCLUDED(timer_mu_) {
    alive_ = alive;
    if (!std::exchange(begun_, true)) {
      Begin();
    } else {
      Wake();
    }
    absl::MutexLock lock(&timer_mu_);
    if (ended_) return;
    const auto self = std::static_pointer_cast<ServerHealthStream>(shared_from_this());
    timer_ = std::make_unique<grpc::Alarm>();
    timer_->Set(absl::ToChronoTime(absl::Now() + period_), [self](bool due) {
      if (due) self->Ask();
    });
  }

  void Ended() override ABSL_LOCKS_EXCLUDED(timer_mu_) {
    absl::MutexLock lock(&timer_mu_);
    ended_ = true;
    // The timer holds this object.
    timer_ = nullptr;
  }

  const Registry& registry_;
  const std::shared_ptr<Liveness> liveness_;
  const std::atomic<bool>& shutting_down_;
  const absl::Duration period_;
  std::atomic<bool> alive_ = false;
  // Only used by Hear, which is called by one thread at a time.
  bool begun_ = false;
  int64_t sequence_ = 0;

  absl::Mutex timer_mu_;
  bool ended_ ABSL_GUARDED_BY(timer_mu_) = false;
  std::unique_ptr<grpc::Alarm> timer_ ABSL_GUARDED_BY(timer_mu_);
};

}  // namespace

HealthService::HealthService(const Registry& registry, ChangeNotifier& notifier,
                             std::function<void()> probe, const Options& options)
    : registry_(registry),
      notifier_(notifier),
      options_(options),
      liveness_(std::make_shared<Liveness>(options.liveness_bound, std::move(probe))) {}

HealthService::~HealthService() { liveness_->Close(); }

void HealthService::BeginShutDown() {
  shutting_down_ = true;
  notifier_.WakeAll();
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  if (IsServer(request->service())) return CheckServer(response);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const ServingStatus status = StatusOfDaemon(registry_, request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(DaemonNotFound(request->service(), {})));
    return reactor;
  }
  response->set_status(status);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* HealthService::CheckServer(HealthCheckResponse* response) {
  const std::shared_ptr<PendingCall> call = PendingCall::Create();
  liveness_->Ask([this, call, response](bool alive) {
    call->Complete([&] {
      response->set_status(FromBool(alive && !shutting_down_));
      return grpc::Status::OK;
    });
  });
  return call.get();
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  if (IsServer(request->service())) {
    const auto stream = std::make_shared<ServerHealthStream>(registry_, notifier_, liveness_,
                                                             shutting_down_, options_.watch_period);
    stream->Hold();
    stream->Ask();
    return stream.get();
  }
  const auto stream =
      std::make_shared<DaemonHealthStream>(registry_, notifier_, request->service());
  stream->Hold();
  stream->Begin();
  return stream.get();
}

}  // namespace hob
