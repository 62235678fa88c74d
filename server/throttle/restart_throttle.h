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

// The one place where it is decided whether and when a daemon is started again. Workers report to
// it every end of an instance that nobody asked for, and carry out what it answers.
//
// Thread-safe; never blocks for longer than a decision takes (microseconds) and calls nobody.
class RestartThrottle {
 public:
  // `random` gives a number in [0, 1), which spreads a back-off; it is called by one thread at a
  // time.
  explicit RestartThrottle(const StartBudget::Options& budget,
                           std::function<double()> random = NewRandom())
      : budget_(budget), random_(std::move(random)) {}

  RestartThrottle(const RestartThrottle&) = delete;
  RestartThrottle& operator=(const RestartThrottle&) = delete;

  // Takes note of an end that nobody asked for and decides what follows.
  ThrottleDecision ReportExit(const std::string& daemon, const RestartPolicy& policy,
                              const ExitReport& exit) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets the daemon's failures: an operator acted, it was removed, or its trial succeeded.
  void Clear(const std::string& daemon) ABSL_LOCKS_EXCLUDED(mu_);

  // Takes one automatic start out of the machine's budget and returns when it may happen: `now`, or
  // later. Starts that an operator commands do not ask.
  MonotonicTime TakeStart(MonotonicTime now) ABSL_LOCKS_EXCLUDED(mu_);

  // A generator that nobody can foretell.
  static std::function<double()> NewRandom();

 private:
  Mutex mu_;
  // Only daemons that have failed.
  absl::flat_hash_map<std::string, FailureHistory> histories_ ABSL_GUARDED_BY(mu_);
  StartBudget budget_ ABSL_GUARDED_BY(mu_);
  const std::function<double()> random_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_RESTART_THROTTLE_H_
