#ifndef HOB_SERVER_THROTTLE_START_BUDGET_H_
#define HOB_SERVER_THROTTLE_START_BUDGET_H_

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// The machine's budget of automatic starts: in any span of time t at most burst +
// rate * t of them. First come, first served: each caller gets the earliest moment that is still
// free. Not thread-safe.
class StartBudget {
 public:
  struct Options {
    // Starts per second, > 0; absent: no bound.
    absl::optional<double> rate;
    // Starts that may happen at once, >= 1.
    int burst = 1;
  };

  explicit StartBudget(const Options& options);

  // Takes one start out of the budget and returns when it may happen: `now`, or later. A start that
  // is taken and not used is lost.
  MonotonicTime Take(MonotonicTime now);

 private:
  // Zero: no bound.
  absl::Duration interval_;
  absl::Duration burst_span_;
  // When the budget would be whole again if nobody took anything more.
  MonotonicTime whole_again_;
};

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_START_BUDGET_H_
