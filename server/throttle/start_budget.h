#ifndef HOB_SERVER_THROTTLE_START_BUDGET_H_
#define HOB_SERVER_THROTTLE_START_BUDGET_H_

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"

namespace hob {

// The machine's budget of automatic starts: at most burst + rate * t in any span of time t. First
// come, first served: each caller gets the earliest free moment. Not thread-safe.
class StartBudget {
 public:
  struct Options {
    // Starts per second, > 0; unlimited if absent.
    absl::optional<double> rate;
    // Number of starts that may happen at once, >= 1.
    int burst = 1;
  };

  explicit StartBudget(const Options& options);

  // Takes one start from the budget and returns when it may happen: `now` or later. A start that is
  // taken but not used is lost.
  MonotonicTime Take(MonotonicTime now);

 private:
  // Zero if unlimited.
  absl::Duration interval_;
  absl::Duration burst_span_;
  // When the budget will be full again if no more starts are taken.
  MonotonicTime full_at_;
};

}  // namespace hob

#endif  // HOB_SERVER_THROTTLE_START_BUDGET_H_
