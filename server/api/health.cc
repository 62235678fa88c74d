#include "server/api/health.h"

#include <algorithm>

namespace hob {

using grpc::health::v1::HealthCheckResponse;

namespace {

Health::ServingStatus StatusOf(bool is_serving) {
  return is_serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

bool IsServing(const DaemonSnapshot& daemon) {
  return daemon.state == DaemonState::kRunning && daemon.ready &&
         daemon.health != DaemonHealth::kUnhealthy;
}

}  // namespace

Health::ServingStatus Health::Check(const std::string& service) const {
  if (service.empty() || service == "hob.v1.Supervisor") return StatusOf(!shutting_down_);
  const DaemonSnapshotPtr daemon = registry_.Find(service);
  return daemon == nullptr ? CheckSet(service) : StatusOf(IsServing(*daemon));
}

Health::ServingStatus Health::CheckSet(const std::string& name) const {
  int instances = 0, serving = 0, max_unavailable = 0;
  const std::shared_ptr<const Registry::View> now = registry_.Now();
  for (const DaemonSnapshotPtr& daemon : now->daemons) {
    if (daemon->spec->instance_of != name) continue;
    ++instances;
    serving += IsServing(*daemon);
    max_unavailable = daemon->spec->max_unavailable;
  }
  if (instances == 0) return HealthCheckResponse::SERVICE_UNKNOWN;
  return StatusOf(serving >= std::max(instances - max_unavailable, 1));
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
