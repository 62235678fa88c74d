#ifndef HOB_TESTS_BENCH_REPORT_H_
#define HOB_TESTS_BENCH_REPORT_H_

#include <map>
#include <ostream>
#include <vector>

#include "tests/bench/figures.h"

namespace hob {
namespace bench {

// The results by the number of daemons.
using AllResults = std::map<int, Results>;

// Prints the machine, the time and the load.
void PrintMachine(std::ostream& out);

// Prints a row for each figure measured with `daemons` daemons: hobd, the bare loop, their ratio,
// the goal and whether it was met.
void PrintTable(int daemons, const Results& results, const std::vector<FigureDescription>& figures,
                std::ostream& out);

// Prints the cost of one daemon for each number of daemons from kCurveFrom on. The cost rises if
// the total grows faster than linearly.
inline constexpr int kCurveFrom = 100;
void PrintCurve(const AllResults& results, std::ostream& out);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_REPORT_H_
