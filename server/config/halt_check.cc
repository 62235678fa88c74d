#include "server/config/halt_check.h"

#include <algorithm>
#include <cmath>

namespace hob {
namespace {

// How many delays are below the cap before it is reached; `restarts` at most.
double GrowingDelays(const RestartPolicy& policy, double restarts) {
  if (policy.backoff >= policy.backoff_max) return 0;
  const double room = absl::FDivDuration(policy.backoff_max, policy.backoff);
  return std::min(restarts, std::ceil(std::log(room) / std::log(policy.backoff_factor)));
}

}  // namespace

absl::Duration LeastSpanOfFailures(const RestartPolicy& policy, int64_t failures) {
  const double restarts = static_cast<double>(failures - 1);
  if (failures < 2 || policy.backoff <= absl::ZeroDuration()) return absl::ZeroDuration();
  if (policy.backoff_factor <= 1) {
    return std::min(policy.backoff, policy.backoff_max) * restarts;
  }
  // A geometric series up to the cap, and the cap from there on. Two thousand million terms are
  // allowed, so they are not added one by one.
  const double growing = GrowingDelays(policy, restarts);
  const double sum =
      std::expm1(growing * std::log(policy.backoff_factor)) / (policy.backoff_factor - 1);
  return policy.backoff * sum + policy.backoff_max * (restarts - growing);
}

bool CanEverHalt(const RestartPolicy& policy) {
  if (policy.restart == RestartMode::kNever || policy.max_retries < 2) return true;
  return LeastSpanOfFailures(policy, policy.max_retries) < policy.retry_time;
}

}  // namespace hob
