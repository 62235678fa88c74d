#ifndef HOB_SERVER_THROTTLE_RESTART_THROTTLE_H_
#define HOB_SERVER_THROTTLE_RESTART_THROTTLE_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "server/clock/clock.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/restart_policy.h"
#include "server/daemon/throttle_decision.h"
#include "server/sync/mutex.h"
#include "server/throttle/restart_decision.h"
#include "server/throttle/start_budget.h"

namespace hob {

// Decides for all daemons whether and when they are restarted. Workers report every unrequested end
// of an instance to it and carry out its decision.
//
// Thread-safe. Never blocks for longer than a decision takes (microseconds); makes no calls
// outside.
class RestartThrottle {
 public:
  // `random` returns a number in [0, 1) to spread back-offs; calls to it never overlap.
  explicit RestartThrottle(const StartBudget::Options& budget,
                           std::function<double()> random = NewRandom())
      : budget_(budget), random_(std::move(random)) {}

  RestartThrottle(const RestartThrottle&) = delete;
  RestartThrottle& operator=(const RestartThrottle&) = delete;

  // Records an unrequested end and decides how to follow it up.
  ThrottleDecision ReportExit(const std::string& daemon, const RestartPolicy& policy,
                              const ExitReport& exit) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets the daemon's failures, after an operator's action, a removal or a successful trial.
  void Clear(const std::string& daemon) ABSL_LOCKS_EXCLUDED(mu_);

  // Takes one automatic start from the machine's budget and returns when it may happen: `now` or
  // later. Starts commanded by an operator do not use the budget.
  MonotonicTime TakeStart(MonotonicTime now) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns an unpredictable generator.
  static std::function<double()> NewRandom();

 private:
  Mutex mu_;
  // Holds only daemons that have failed.
  absl::flat_hash_map<std::string, FailureHistory> histories_ ABSL_GUARDED_BY(mu_);
  StartBudget budget_ ABSL_GUARDED_BY(mu_);
  const std::function<double()> random_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_RESTART_THROTTLE_H_
