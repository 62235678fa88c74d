#include "server/checks/check_schedule.h"

#include <algorithm>
#include <utility>

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

// While a daemon starts: the time between the first two attempts, which doubles up to the longest.
constexpr absl::Duration kFirstWait = absl::Milliseconds(20);
constexpr absl::Duration kLongestWait = absl::Seconds(1);
// The first attempt on a daemon that is up begins within this time.
constexpr absl::Duration kFirstSpread = absl::Seconds(1);

}  // namespace

CheckSchedule::CheckSchedule(const Check& check, bool is_starting, double fraction,
                             MonotonicTime now)
    : check_(check), fraction_(fraction), is_starting_(is_starting) {
  due_ = now + check.delay;
  if (!is_starting) due_ = due_ + fraction * std::min(check.interval, kFirstSpread);
}

void CheckSchedule::Begin(MonotonicTime now) {
  ++attempts_;
  began_ = now;
  due_ = kNever;
  expires_ = now + check_.timeout;
}

absl::optional<DaemonHealth> CheckSchedule::Finish(bool ok, MonotonicTime now) {
  failures_ = ok ? 0 : failures_ + 1;
  successes_ = ok ? successes_ + 1 : 0;
  DaemonHealth health = health_;
  if (successes_ >= check_.successes) health = DaemonHealth::kHealthy;
  if (failures_ >= check_.failures && !is_starting_) health = DaemonHealth::kUnhealthy;
  due_ = std::max(began_ + Interval(), now);
  expires_ = kNever;
  if (health == health_) return absl::nullopt;
  health_ = health;
  if (std::exchange(is_starting_, false)) {
    // From now on as if the daemon had come up without a check.
    attempts_ = 1;
    due_ = std::max(began_ + Interval(), now);
  }
  return health;
}

void CheckSchedule::Discard(MonotonicTime now) {
  due_ = std::max(began_ + Interval(), now);
  expires_ = kNever;
}

void CheckSchedule::Extend(absl::Duration lost, MonotonicTime now) {
  if (expires_ == kNever || now - began_ - lost > 2 * check_.timeout) return;
  expires_ = std::max(expires_, now + std::min(lost, check_.timeout));
}

absl::Duration CheckSchedule::Interval() const {
  if (is_starting_) {
    // More doublings would overflow.
    const int doublings = std::min(attempts_ - 1, 10);
    return std::min({kFirstWait * (1 << doublings), kLongestWait, check_.interval});
  }
  return attempts_ == 1 ? fraction_ * check_.interval : check_.interval;
}

}  // namespace hob
