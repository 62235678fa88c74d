// grpc.health.v1.Health, answered by us: gRPC's own answers from its threads even when everything
// behind them hangs, and reflection does not know it.
#ifndef HOB_SERVER_RPC_HEALTH_SERVICE_H_
#define HOB_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"
#include "server/rpc/liveness.h"

namespace hob {

// Services are "" and "hob.v1.Supervisor" for the server itself, and one a daemon. A daemon is
// SERVING when it is RUNNING and ready. The server is SERVING when Liveness says so and it is not
// shutting down; a Watch of it asks again every `watch_period`.
//
// Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  struct Options {
    // A supervisor that does not answer for so long is stuck.
    absl::Duration liveness_bound = absl::Seconds(1);
    // How often a Watch of the server itself looks whether it is stuck.
    absl::Duration watch_period = absl::Seconds(5);
  };

  // `probe` is what Liveness takes. Everything outlives the service.
  HealthService(const Registry& registry, ChangeNotifier& notifier, std::function<void()> probe,
                const Options& options);
  ~HealthService() override;

  // From now on the server is NOT_SERVING.
  void BeginShutDown();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  grpc::ServerUnaryReactor* CheckServer(grpc::health::v1::HealthCheckResponse* response);

  const Registry& registry_;
  ChangeNotifier& notifier_;
  const Options options_;
  std::atomic<bool> shutting_down_ = false;
  // Shared with timers of calls that are over.
  const std::shared_ptr<Liveness> liveness_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_HEALTH_SERVICE_H_
