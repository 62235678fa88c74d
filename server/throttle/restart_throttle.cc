#include "server/throttle/restart_throttle.h"

#include <memory>

#include "absl/random/random.h"

namespace hob {

ThrottleDecision RestartThrottle::ReportExit(const std::string& daemon, const RestartPolicy& policy,
                                             const ExitReport& exit) {
  MutexLock lock(&mu_);
  return DecideRestart(policy, exit, random_(), histories_[daemon]);
}

void RestartThrottle::Clear(const std::string& daemon) {
  MutexLock lock(&mu_);
  histories_.erase(daemon);
}

MonotonicTime RestartThrottle::TakeStart(MonotonicTime now) {
  MutexLock lock(&mu_);
  return budget_.Take(now);
}

std::function<double()> RestartThrottle::NewRandom() {
  return [generator = std::make_shared<absl::BitGen>()] {
    return absl::Uniform(*generator, 0.0, 1.0);
  };
}

}  // namespace hob
