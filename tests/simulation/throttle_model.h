#ifndef HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
#define HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_

#include <deque>

#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// Says what follows an end without a request. A plain value.
struct Verdict {
  enum class Kind { kStartNow, kWait, kHalt, kLeave };
  Kind kind = Kind::kLeave;
  // When the next start is due, and the latest moment that the jitter of a back-off allows;
  // kInfinite if none comes.
  Nanos earliest = kInfinite;
  Nanos latest = kInfinite;
  // True if the next start is a trial of a daemon that was given up.
  bool is_trial = false;
};

// True if the machine was short of something, for which the daemon is not to blame.
bool IsShortage(const End& end);

// The restart throttle of one daemon, written from its documentation alone.
class ThrottleModel {
 public:
  void Clear() { *this = ThrottleModel(); }

  // `ended_by_hob` if hob ended it because it was not ready in time or failed its watchdog;
  // `was_trial` if the start was a trial.
  Verdict Decide(const Settings& settings, const End& end, bool ended_by_hob, bool was_trial,
                 Nanos uptime, Nanos now);

  // Records a start, and returns true if the invariant still holds: between two clearings of the
  // history, trials apart, no window of retry_time has more than max(1, max_retries) starts.
  bool MayStart(const Settings& settings, bool is_trial, Nanos now);
  // Takes back the start that was recorded last: it met a shortage of the machine.
  void StartDidNotCount();
  // The window has another length from now on.
  void SettingsChanged() { starts_.clear(); }

 private:
  std::deque<Nanos> failures_;
  std::deque<Nanos> starts_;
  bool given_up_ = false;
  int restarts_in_a_row_ = 0;
  int shortages_in_a_row_ = 0;
};

// The machine's budget of automatic starts: a bucket that holds `burst` starts and
// gets `rate` more each second.
class BudgetModel {
 public:
  // There is no limit if `rate` is 0.
  BudgetModel(double rate, int burst) : rate_(rate), burst_(burst), left_(burst) {}

  // Takes one start, and returns when it may happen.
  Nanos Take(Nanos now);

 private:
  const double rate_;
  const double burst_;
  // At the moment `as_of_`; negative for starts that are promised for later.
  double left_;
  Nanos as_of_ = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
