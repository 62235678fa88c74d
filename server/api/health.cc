#include "server/api/health.h"

namespace hob {

using grpc::health::v1::HealthCheckResponse;

Health::ServingStatus Health::Check(const std::string& service) const {
  const DaemonSnapshotPtr daemon = registry_.Find(service);
  const bool is_server = service.empty() || service == "hob.v1.Supervisor";
  if (daemon == nullptr && !is_server) return HealthCheckResponse::SERVICE_UNKNOWN;
  const bool serving = is_server ? !shutting_down_
                                 : daemon->state == DaemonState::kRunning && daemon->ready &&
                                       daemon->health != DaemonHealth::kUnhealthy;
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

bool HealthFeed::Next(Response& response) {
  // Read first: a later change triggers another call of Next.
  sequence_ = health_->registry().latest_sequence();
  const Health::ServingStatus now = health_->Check(service_);
  if (now == last_) return false;
  last_ = now;
  response.set_status(now);
  return true;
}

}  // namespace hob
