#include "server/clock/clock.h"

#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace hob {
namespace {

// Smaller steps cannot be distinguished from the time between two readings.
constexpr int64_t kMinStepMilliseconds = 100;
constexpr absl::Duration kMaxReadingTime = absl::Milliseconds(1);
constexpr int kMaxReadings = 10;

absl::Duration Read(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);  // Cannot fail for these clocks (clock_gettime(2)).
  return absl::DurationFromTimespec(now);
}

// Returns the wall clock minus the time since boot, suspend included. Changes only when the clock
// is set, because the kernel derives both from one clock (clock_gettime(2)). Reads again if the
// thread loses its processor between the readings.
absl::Duration WallSinceBoot() {
  for (int reading = 1;; ++reading) {
    const absl::Duration before = Read(CLOCK_BOOTTIME);
    const absl::Duration wall = Read(CLOCK_REALTIME);
    const absl::Duration after = Read(CLOCK_BOOTTIME);
    if (after - before < kMaxReadingTime || reading == kMaxReadings) return wall - before;
  }
}

class RealClock : public Clock {
 public:
  RealClock() : wall_at_boot_(WallSinceBoot()) {}

  Timestamp Now() const override {
    return {MonotonicTime::FromOrigin(Read(CLOCK_MONOTONIC)),
            absl::UnixEpoch() + wall_at_boot_ + Read(CLOCK_BOOTTIME)};
  }

  absl::Time WallNow() const override { return absl::UnixEpoch() + Read(CLOCK_REALTIME); }

  absl::Time BootTime() const override { return absl::UnixEpoch() + wall_at_boot_; }

  absl::Duration WallStep() const override {
    const int64_t measured = (WallSinceBoot() - wall_at_boot_) / absl::Milliseconds(1);
    int64_t known = step_milliseconds_;
    if (std::abs(measured - known) >= kMinStepMilliseconds) {
      step_milliseconds_ = measured;
      known = measured;
    }
    return absl::Milliseconds(known);
  }

 private:
  const absl::Duration wall_at_boot_;
  mutable std::atomic<int64_t> step_milliseconds_ = 0;
};

}  // namespace

const Clock& Clock::Real() {
  // Never destroyed: threads that outlast main() still read the time.
  static const RealClock& clock = *new RealClock;
  return clock;
}

}  // namespace hob
