#ifndef HOB_TESTS_BENCH_LIFE_H_
#define HOB_TESTS_BENCH_LIFE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/contender.h"
#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// What is measured of hobd and of the bare loop alike: each takes its samples from a contender that
// has booted and rests, and leaves it so. The errors tell what did not come to pass.

// When a server counts as idle: five seconds after the last spawn it looks whether one hangs.
inline constexpr absl::Duration kUntilIdle = absl::Seconds(6);

// Waits for the boot; kBoot and, at rest, kMemory.
absl::Status MeasureBoot(Contender& contender, Measured& measured);

// Lets it idle for `duration`; kIdleWakeups, kIdleGrpcWakeups and kIdleCpu.
absl::Status MeasureIdle(Contender& contender, absl::Duration duration, Measured& measured);

// Kills `count` children, one after the other; kRestart.
absl::Status MeasureRestarts(Contender& contender, int count, Measured& measured);

// Kills all children at once. Returns how long it took until all were back, milliseconds.
absl::StatusOr<double> CrashAll(Contender& contender);
// The same; kCrash.
absl::Status MeasureCrash(Contender& contender, Measured& measured);

// kMemoryLater, and then its end: kStop.
absl::Status MeasureEnd(Contender& contender, Measured& measured);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LIFE_H_
