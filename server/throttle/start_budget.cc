#include "server/throttle/start_budget.h"

#include <algorithm>
#include <cmath>

namespace hob {

StartBudget::StartBudget(const Options& options)
    // Rounded up: an interval that is a fraction of a nanosecond short would break the bound in the
    // long run.
    : interval_(options.rate.has_value() ? absl::Nanoseconds(std::ceil(1e9 / *options.rate))
                                         : absl::ZeroDuration()),
      burst_span_(interval_ * (options.burst - 1)) {}

MonotonicTime StartBudget::Take(MonotonicTime now) {
  if (interval_ == absl::ZeroDuration()) return now;
  // Generic cell rate algorithm: a token bucket without timer or counter.
  full_at_ = std::max(full_at_, now) + interval_;
  return std::max(now, full_at_ - interval_ - burst_span_);
}

}  // namespace hob
