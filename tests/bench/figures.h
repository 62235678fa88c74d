// The figures, their units and their goals.
#ifndef HOB_TESTS_BENCH_FIGURES_H_
#define HOB_TESTS_BENCH_FIGURES_H_

#include <map>
#include <string>
#include <vector>

#include "tests/bench/samples.h"

namespace hob {
namespace bench {

// In the order in which they are printed.
enum class Figure {
  kRestart,
  kBoot,
  kCrash,
  kStop,
  kStopBesideThreads,
  kMemory,
  kMemoryLater,
  kIdleWakeups,
  kIdleGrpcWakeups,
  kIdleCpu,
  kList,
  kStatus,
  kRestartCall,
  kHobList,
  kHobStatus,
  kCrashUnderCalls,
  kCallsAnswered,
  kCallsFailed,
  kCrashLoopStarts,
  kCrashLoopHalted,
  kCrashLoopCpu,
  kBusyBoot,
  kBusyBootCpu,
  kBusyBootSwitches,
  kBusyCrash,
  kBusyHobList,
  kChainBoot,
  kBehindFirstBoot,
  kCheckCpu,
  kExecCheckCost,
};

// A bound for hobd's figure, the median of its samples.
struct Goal {
  enum class Kind {
    // No goal.
    kNone,
    // At most `bound`.
    kAtMost,
    // Exactly `bound`.
    kExactly,
    // At most `bound` times the bare loop's figure.
    kTimesBareLoop,
    // At most `bound` times the figure of another baseline, such as bare_threads.
    kTimesBeside,
    // At most `bound` times hobd's own figure `other`.
    kTimesOther,
    // At most `bound` plus `for_each_daemon` times the number of daemons.
    kWithDaemons,
  };
  Kind kind = Kind::kNone;
  double bound = 0;
  double for_each_daemon = 0;
  Figure other = Figure::kRestart;
  // The numbers of daemons with this goal; empty for any.
  std::vector<int> at;
};

struct FigureDescription {
  Figure figure;
  std::string title;
  std::string unit;
  Goal goal;
};

// Returns all figures. `crash_loop` is the number of crash-looping daemons, which sets exact goals.
std::vector<FigureDescription> AllFigures(int crash_loop);

// The samples for one number of daemons.
using Measured = std::map<Figure, Samples>;
struct Results {
  Measured hobd;
  // Figures of the baseline: the bare loop; bare_threads for kStopBesideThreads and, under load,
  // boot and crash; a program that does nothing for kBusyHobList.
  Measured bare_loop;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_FIGURES_H_
