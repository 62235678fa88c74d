#ifndef HOB_TESTS_BENCH_API_H_
#define HOB_TESTS_BENCH_API_H_

#include <string>

#include "absl/status/status.h"
#include "tests/bench/contender.h"
#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// What is measured of hobd alone, through its API and its command line, at rest.

// `count` calls of each, one after the other; kList, kStatus and kRestartCall.
absl::Status MeasureCalls(Contender& hobd, int count, Measured& measured);

// `count` runs of the program `hob` for each; kHobList and kHobStatus.
absl::Status MeasureCommandLine(Contender& hobd, const std::string& hob, int count,
                                Measured& measured);

// The same of `hob list` alone, and in turn with it as many runs of the program `empty`, each in
// milliseconds.
absl::Status MeasureListBeside(Contender& hobd, const std::string& hob, const std::string& empty,
                               int count, Samples& list, Samples& nothing);

// Kills all children while `callers` clients call; kCrashUnderCalls, kCallsAnswered, kCallsFailed.
absl::Status MeasureCrashUnderCalls(Contender& hobd, int callers, Measured& measured);

// Waits until a hobd whose daemons all loop has given them up, and watches for a while that nothing
// more happens; kCrashLoopStarts, kCrashLoopHalted and kCrashLoopCpu.
absl::Status MeasureCrashLoop(Contender& hobd, absl::Duration watch, Measured& measured);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_API_H_
