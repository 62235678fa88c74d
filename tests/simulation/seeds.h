#ifndef HOB_TESTS_SIMULATION_SEEDS_H_
#define HOB_TESTS_SIMULATION_SEEDS_H_

#include <cstdint>
#include <string>

#include "tests/simulation/simulation.h"

namespace hob {
namespace simulation {

// Which runs to do.
struct Seeds {
  uint64_t first = 0;
  int64_t count = 1;
  int steps = 1000;
};

// Does the runs one after the other, up to the first that breaks an invariant; that one is done
// once more, to say on stderr what was wrong, what came before it, and how to do it again. Returns
// whether all was well. `total`, which may be null, gets what has happened in all runs together.
//
// A run that crashes says its seed before the process dies. One caller at a time.
bool RunSeeds(const Seeds& seeds, Outcome* total);

// "12 servers, 3 commands ..."
std::string Summary(const Outcome& total);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SEEDS_H_
