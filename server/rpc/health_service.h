#ifndef HOB_SERVER_RPC_HEALTH_SERVICE_H_
#define HOB_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"

namespace hob {

// Answers grpc.health.v1.Health. Services are "" and "hob.v1.Supervisor" for the server itself, and
// one a daemon. A daemon is SERVING while it is RUNNING and ready, the server until it shuts down.
// Both are asked from the registry, so that a server whose readers hang does not answer: gRPC's own
// service would go on saying SERVING, and reflection does not know it.
//
// Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  // Both outlive the service.
  HealthService(const Registry& registry, ChangeNotifier& notifier)
      : registry_(registry), notifier_(notifier) {}

  // From now on the server is NOT_SERVING.
  void BeginShutDown();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  const Registry& registry_;
  ChangeNotifier& notifier_;
  std::atomic<bool> shutting_down_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_HEALTH_SERVICE_H_
