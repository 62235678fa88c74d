#ifndef HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
#define HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_

#include <deque>

#include "tests/simulation/kernel_witness.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// What has to follow on an end that nobody asked for. A plain value.
struct Verdict {
  enum class Kind { kStartNow, kWait, kHalt, kLeave };
  Kind kind = Kind::kLeave;
  // When the next start is due, and the latest moment that the spread of a back-off allows;
  // kInfinite: none comes.
  Nanos earliest = kInfinite;
  Nanos latest = kInfinite;
  // The next start is one of a daemon that was given up.
  bool is_trial = false;
};

// True if the machine was short of something: nothing that the daemon is to blame for.
bool IsShortage(const End& end);

// The restart throttle of one daemon, written from its documentation alone.
class ThrottleModel {
 public:
  void Clear() { *this = ThrottleModel(); }

  // `condemned`: hob ended it because it was found wanting. `was_trial`: so was this start.
  Verdict Decide(const Settings& settings, const End& end, bool condemned, bool was_trial,
                 Nanos uptime, Nanos now);

  // Takes note of a start, and returns true if the invariant still holds: between two clearings of
  // the history, trials apart, no window of retry_time has more than max(1, max_retries).
  bool MayStart(const Settings& settings, bool is_trial, Nanos now);
  // The start that was noted last met a shortage of the machine and does not count.
  void StartDidNotCount();
  // The window is another one from now on.
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
  // `rate` 0: no bound.
  BudgetModel(double rate, int burst) : rate_(rate), burst_(burst), left_(burst) {}

  // Takes one start, and returns when it may happen.
  Nanos Take(Nanos now);

 private:
  const double rate_;
  const double burst_;
  // At the moment `as_of_`; below zero: starts that are promised for later.
  double left_;
  Nanos as_of_ = 0;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_THROTTLE_MODEL_H_
