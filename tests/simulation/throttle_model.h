#ifndef HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
#define HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_

#include <deque>

#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The consequence of an unrequested end. A plain value.
struct Verdict {
  enum class Kind { kStartNow, kWait, kHalt, kLeave };
  Kind kind = Kind::kLeave;
  // The time of the next start, and the latest time that the jitter of a back-off allows; kInfinite
  // if no start follows.
  Nanos earliest = kInfinite;
  Nanos latest = kInfinite;
  // True if the next start is a trial of a daemon that was given up.
  bool is_trial = false;
};

// True if the machine was short of a resource, which is not the daemon's failure.
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
  // Removes the last recorded start, which met a shortage of the machine.
  void StartDidNotCount();
  // Called when the window's length changes.
  void SettingsChanged() { starts_.clear(); }

 private:
  std::deque<Nanos> failures_;
  std::deque<Nanos> starts_;
  bool given_up_ = false;
  int restarts_in_a_row_ = 0;
  int shortages_in_a_row_ = 0;
};

// The machine's budget of automatic starts: a bucket that holds at most `burst` starts and gains
// `rate` per second.
class BudgetModel {
 public:
  // A `rate` of 0 means no limit.
  BudgetModel(double rate, int burst) : rate_(rate), burst_(burst), left_(burst) {}

  // Takes one start, and returns when it may happen.
  Nanos Take(Nanos now);

 private:
  const double rate_;
  const double burst_;
  // The starts left at the time `as_of_`; negative for starts promised for later.
  double left_;
  Nanos as_of_ = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
