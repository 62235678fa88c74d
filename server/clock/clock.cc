#include "server/clock/clock.h"

#include <time.h>

namespace hob {
namespace {

timespec Read(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);  // Cannot fail for these two clocks (clock_gettime(2)).
  return now;
}

class RealClock : public Clock {
 public:
  Timestamp Now() const override {
    return {MonotonicTime::FromOrigin(absl::DurationFromTimespec(Read(CLOCK_MONOTONIC))),
            absl::TimeFromTimespec(Read(CLOCK_REALTIME))};
  }
};

}  // namespace

const Clock& Clock::Real() {
  // Not destroyed: threads that outlast main() go on asking for the time.
  static const RealClock& clock = *new RealClock;
  return clock;
}

}  // namespace hob
