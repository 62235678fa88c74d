#include "tests/simulation/throttle_model.h"

#include <algorithm>
#include <cerrno>

namespace hob {
namespace simulation {
namespace {

bool IsSuccess(const Settings& settings, const End& end) {
  return end.kind == End::Kind::kExited &&
         (end.value == 0 || (end.value == 2 && settings.two_is_success));
}

Verdict At(Verdict::Kind kind, Nanos time) { return {kind, time, time, false}; }

}  // namespace

bool IsShortage(const End& end) {
  if (end.kind != End::Kind::kNotSpawned) return false;
  const int error = end.value;
  const bool always = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
  return always || (!end.at_exec && (error == ENOSPC || error == EDQUOT));
}

Verdict ThrottleModel::Decide(const Settings& settings, const End& end, bool ended_by_hob,
                              bool was_trial, Nanos uptime, Nanos now) {
  if (IsShortage(end)) {
    Nanos delay = 100 * kMillisecond;
    for (int i = 0; i < shortages_in_a_row_ && delay < 30 * kSecond; ++i) delay *= 2;
    ++shortages_in_a_row_;
    Verdict verdict = At(Verdict::Kind::kWait, now + std::min(delay, 30 * kSecond));
    verdict.is_trial = was_trial;
    return verdict;
  }
  if (settings.restart == Restart::kNever) return Verdict();
  if (settings.restart == Restart::kOnFailure && !ended_by_hob && IsSuccess(settings, end)) {
    return Verdict();
  }
  shortages_in_a_row_ = 0;
  if (uptime >= std::max(settings.backoff_max, settings.retry_time)) restarts_in_a_row_ = 0;
  if (given_up_ && uptime >= settings.retry_time) Clear();
  const bool again = given_up_;
  failures_.push_back(now);
  while (failures_.front() < now - settings.retry_time) failures_.pop_front();
  if (again || static_cast<int>(failures_.size()) >= settings.max_retries) {
    given_up_ = true;
    Verdict verdict =
        At(Verdict::Kind::kHalt, settings.halt_retries ? now + settings.halt_retry : kInfinite);
    verdict.is_trial = true;
    return verdict;
  }
  if (settings.backoff == 0) return At(Verdict::Kind::kStartNow, now);
  Nanos delay = std::min(settings.backoff, settings.backoff_max);
  for (int i = 0; i < restarts_in_a_row_ && delay < settings.backoff_max; ++i) {
    delay = std::min(delay * settings.backoff_factor, settings.backoff_max);
    if (settings.backoff_factor == 1) break;
  }
  ++restarts_in_a_row_;
  return {Verdict::Kind::kWait, now + delay, now + delay + delay * settings.jitter_percent / 100,
          false};
}

bool ThrottleModel::MayStart(const Settings& settings, bool is_trial, Nanos now) {
  if (is_trial) starts_.clear();
  starts_.push_back(now);
  while (starts_.front() < now - settings.retry_time) starts_.pop_front();
  return static_cast<int>(starts_.size()) <= std::max(1, settings.max_retries);
}

void ThrottleModel::StartDidNotCount() {
  if (!starts_.empty()) starts_.pop_back();
}

Nanos BudgetModel::Take(Nanos now) {
  if (rate_ == 0) return now;
  left_ = std::min(burst_, left_ + static_cast<double>(now - as_of_) / kSecond * rate_);
  as_of_ = now;
  left_ -= 1;
  // A start may be early by a fraction of a nanosecond.
  constexpr double kRounding = 1e-9;
  if (left_ >= -kRounding) return now;
  return now + static_cast<Nanos>(-left_ / rate_ * kSecond);
}

}  // namespace simulation
}  // namespace hob
