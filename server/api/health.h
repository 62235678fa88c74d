#ifndef HOB_SERVER_API_HEALTH_H_
#define HOB_SERVER_API_HEALTH_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "server/registry/registry.h"

namespace hob {

// Determines the health of the server (named "" and "hob.v1.Supervisor"), of each daemon and of
// each set. A daemon is SERVING while it is RUNNING, ready and not unhealthy; a set while all but
// `max_unavailable` of its instances, and at least one, are; the server until it shuts down. All
// answers come through the registry, so a server with a blocked registry does not answer.
//
// Thread-safe.
class Health {
 public:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // `registry` outlives the object.
  explicit Health(const Registry& registry) : registry_(registry) {}

  // Returns SERVICE_UNKNOWN if `service` is neither the server nor a daemon nor a set.
  ServingStatus Check(const std::string& service) const;

  // Makes the server NOT_SERVING from now on.
  void BeginShutDown() { shutting_down_ = true; }

  const Registry& registry() const { return registry_; }

 private:
  ServingStatus CheckSet(const std::string& name) const;

  const Registry& registry_;
  std::atomic<bool> shutting_down_ = false;
};

// Yields the responses to a Watch of the health service: each status that differs from the previous
// one. Used by one thread at a time; never blocks.
class HealthFeed {
 public:
  using Response = grpc::health::v1::HealthCheckResponse;

  // `health` outlives the object.
  HealthFeed(const Health& health, std::string service)
      : health_(&health), service_(std::move(service)) {}

  // Fills the empty `response`; returns false if there is none before the next change after
  // sequence().
  bool Next(Response& response);

  // Returns the number of the last change examined.
  int64_t sequence() const { return sequence_; }

 private:
  const Health* health_;
  std::string service_;
  int64_t sequence_ = 0;
  // UNKNOWN is never the status of a service.
  Health::ServingStatus last_ = Response::UNKNOWN;
};

}  // namespace hob

#endif  // HOB_SERVER_API_HEALTH_H_
