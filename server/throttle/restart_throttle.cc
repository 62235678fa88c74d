#include "server/throttle/restart_throttle.h"

namespace hob {

ThrottleDecision RestartThrottle::ReportExit(const std::string& daemon, const RestartPolicy& policy,
                                             const ExitReport& exit) {
  absl::MutexLock lock(&mu_);
  return DecideRestart(policy, exit, absl::Uniform(random_, 0.0, 1.0), histories_[daemon]);
}

void RestartThrottle::Clear(const std::string& daemon) {
  absl::MutexLock lock(&mu_);
  histories_.erase(daemon);
}

MonotonicTime RestartThrottle::TakeStart(MonotonicTime now) {
  absl::MutexLock lock(&mu_);
  return budget_.Take(now);
}

}  // namespace hob
