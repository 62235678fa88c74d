#ifndef HOB_TESTS_BENCH_REPORT_H_
#define HOB_TESTS_BENCH_REPORT_H_

#include <map>
#include <ostream>
#include <vector>

#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// By the number of daemons.
using AllResults = std::map<int, Results>;

// Prints on which machine, when, and how busy it is.
void PrintMachine(std::ostream& out);

// Prints a row a figure that was measured with `daemons` daemons: hobd beside the bare loop, their
// ratio, the goal and whether it is met.
void PrintTable(int daemons, const Results& results, const std::vector<FigureDescription>& figures,
                std::ostream& out);

// Prints what one daemon costs by the number of daemons, from kCurveFrom on: what grows faster than
// linearly, rises.
inline constexpr int kCurveFrom = 100;
void PrintCurve(const AllResults& results, std::ostream& out);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_REPORT_H_
