#ifndef HOB_TESTS_BENCH_LIFE_H_
#define HOB_TESTS_BENCH_LIFE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/contender.h"
#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// Measurements common to hobd and the bare loop. Each requires a contender that has booted and is
// idle, and leaves it idle. Errors name the event that failed to happen.

// The wait before a server counts as idle: five seconds after the last spawn it checks for a hung
// one.
inline constexpr absl::Duration kUntilIdle = absl::Seconds(6);

// Waits for the boot: kBoot and, once idle, kMemory.
absl::Status MeasureBoot(Contender& contender, Measured& measured);

// Lets it idle for `duration`: kIdleWakeups, kIdleGrpcWakeups and kIdleCpu.
absl::Status MeasureIdle(Contender& contender, absl::Duration duration, Measured& measured);

// Kills `count` children, one after the other: kRestart.
absl::Status MeasureRestarts(Contender& contender, int count, Measured& measured);

// Kills all children at once. Returns the time until all were back, milliseconds.
absl::StatusOr<double> CrashAll(Contender& contender);
// Does the same and records kCrash.
absl::Status MeasureCrash(Contender& contender, Measured& measured);

// Measures kMemoryLater, then ends the contender: kStop.
absl::Status MeasureEnd(Contender& contender, Measured& measured);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LIFE_H_
