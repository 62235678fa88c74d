#include "server/throttle/start_budget.h"

#include <algorithm>
#include <cmath>

namespace hob {

StartBudget::StartBudget(const Options& options)
    // Rounded up: a fraction of a nanosecond too little would break the bound in the long run.
    : interval_(options.rate.has_value() ? absl::Nanoseconds(std::ceil(1e9 / *options.rate))
                                         : absl::ZeroDuration()),
      burst_span_(interval_ * (options.burst - 1)) {}

MonotonicTime StartBudget::Take(MonotonicTime now) {
  if (interval_ == absl::ZeroDuration()) return now;
  // The generic cell rate algorithm: a token bucket that needs no timer and no count.
  whole_again_ = std::max(whole_again_, now) + interval_;
  return std::max(now, whole_again_ - interval_ - burst_span_);
}

}  // namespace hob
