#include "server/api/health.h"

#include <algorithm>

#include "server/daemon/daemon_name.h"

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
  const DaemonSnapshotPtr daemon = registry_.Find(service);
  if (service.empty() || service == "hob.v1.Supervisor") return StatusOf(!shutting_down_);
  return daemon == nullptr ? CheckSet(service) : StatusOf(IsServing(*daemon));
}

Health::ServingStatus Health::CheckSet(const std::string& name) const {
  int instances = 0, serving = 0, max_unavailable = 0;
  const std::shared_ptr<const Registry::View> now = registry_.Now();
  auto next = std::upper_bound(now->daemons.begin(), now->daemons.end(), name,
                               [](const std::string& set, const DaemonSnapshotPtr& daemon) {
                                 return NameLess()(set, daemon->name());
                               });
  for (; next != now->daemons.end() && (*next)->spec->instance_of == name; ++next) {
    ++instances;
    serving += IsServing(**next);
    max_unavailable = (*next)->spec->max_unavailable;
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
