#ifndef HOB_TESTS_SIMULATION_SEEDS_H_
#define HOB_TESTS_SIMULATION_SEEDS_H_

#include <cstdint>
#include <string>

#include "tests/simulation/simulation.h"

namespace hob {
namespace simulation {

// The runs to simulate.
struct Seeds {
  uint64_t first = 0;
  int64_t count = 1;
  int steps = 1000;
};

// Simulates the runs one after the other, up to the first that breaks an invariant, and repeats
// that one, to print the invariant, the trace before it and the command that repeats it on stderr.
// Returns true if no run breaks one. `total`, which may be null, gets the counts of all runs
// together.
//
// A run that crashes prints its seed before the process dies. One caller at a time.
bool RunSeeds(const Seeds& seeds, Outcome* total);

// Returns "12 servers, 3 commands ...".
std::string Summary(const Outcome& total);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SEEDS_H_
