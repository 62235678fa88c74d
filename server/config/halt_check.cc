#include "server/config/halt_check.h"

#include <algorithm>
#include <cmath>

namespace hob {
namespace {

// Returns the number of delays that stay below the cap, at most `restarts`.
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
  // The delays are a geometric series up to the cap, and the cap from there on. There may be two
  // billion of them, too many to add one by one.
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
