#ifndef HOB_SERVER_CLOCK_SIMULATED_CLOCK_H_
#define HOB_SERVER_CLOCK_SIMULATED_CLOCK_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/clock/clock.h"

namespace hob {

// A clock that tests move by hand. Thread-safe.
class SimulatedClock : public Clock {
 public:
  // Starts at 1,000 s of monotonic time and 2026-01-01 00:00:00 UTC.
  SimulatedClock() = default;

  Timestamp Now() const override {
    absl::MutexLock lock(&mu_);
    return now_;
  }

  absl::Time WallNow() const override {
    absl::MutexLock lock(&mu_);
    return now_.wall + wall_step_;
  }

  absl::Duration WallStep() const override {
    absl::MutexLock lock(&mu_);
    return wall_step_;
  }

  absl::Time BootTime() const override { return absl::FromUnixSeconds(kStart - kUptime); }

  // Advances both clocks by `by`.
  void Advance(absl::Duration by) {
    absl::MutexLock lock(&mu_);
    now_.monotonic = now_.monotonic + by;
    now_.wall += by;
  }

  // Simulates a suspended machine: advances the wall clock only.
  void Suspend(absl::Duration by) {
    absl::MutexLock lock(&mu_);
    now_.wall += by;
  }

  // Sets the wall clock as an administrator would. Affects only WallNow and WallStep.
  void JumpWall(absl::Duration by) {
    absl::MutexLock lock(&mu_);
    wall_step_ += by;
  }

 private:
  // In seconds.
  static constexpr int64_t kUptime = 1000;
  static constexpr int64_t kStart = 1767225600;

  mutable absl::Mutex mu_;
  Timestamp now_ ABSL_GUARDED_BY(mu_) = {MonotonicTime::FromOrigin(absl::Seconds(kUptime)),
                                         absl::FromUnixSeconds(kStart)};
  absl::Duration wall_step_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_CLOCK_SIMULATED_CLOCK_H_
