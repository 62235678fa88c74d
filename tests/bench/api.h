#ifndef HOB_TESTS_BENCH_API_H_
#define HOB_TESTS_BENCH_API_H_

#include <string>

#include "absl/status/status.h"
#include "tests/bench/contender.h"
#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// Measurements of an idle hobd alone, through its API and its command line.

// Measures `count` calls of each kind, one after the other: kList, kStatus and kRestartCall.
absl::Status MeasureCalls(Contender& hobd, int count, Measured& measured);

// Measures `count` runs of the program `hob` of each kind: kHobList and kHobStatus.
absl::Status MeasureCommandLine(Contender& hobd, const std::string& hob, int count,
                                Measured& measured);

// Measures `count` runs of `hob list`, each followed by a run of the program `empty`; milliseconds.
absl::Status MeasureListBeside(Contender& hobd, const std::string& hob, const std::string& empty,
                               int count, Samples& list, Samples& nothing);

// Kills all children while `callers` clients call: kCrashUnderCalls, kCallsAnswered, kCallsFailed.
absl::Status MeasureCrashUnderCalls(Contender& hobd, int callers, Measured& measured);

// Waits until hobd has given up all its crash-looping daemons, then measures for `watch` whether
// anything else happens: kCrashLoopStarts, kCrashLoopHalted and kCrashLoopCpu.
absl::Status MeasureCrashLoop(Contender& hobd, absl::Duration watch, Measured& measured);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_API_H_
