#ifndef HOB_TESTS_SIMULATION_SIMULATION_H_
#define HOB_TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/types/optional.h"

namespace hob {
namespace simulation {

struct Outcome;

// A run to simulate.
struct Scenario {
  uint64_t seed = 0;
  int steps = 1000;
  // The number of trace lines to keep, counted from the end.
  int trace = 0;
  // Called with the outcome so far if something waits forever. It must not return, because the
  // stack cannot unwind then.
  std::function<void(const Outcome&)> stuck;
};

// The outcome of a run.
struct Outcome {
  // The broken invariant, with the time and the step; absent if none is.
  absl::optional<std::string> violation;
  std::vector<std::string> trace;
  // Counts of events, which show that the run was not empty.
  int64_t spawns = 0;
  int64_t exits = 0;
  int64_t commands = 0;
  int64_t reloads = 0;
  int64_t changes = 0;
  int64_t servers = 0;
};

// Simulates the life of one or several servers from a seed: the real Supervisor, Reloader,
// DaemonRunner, RestartThrottle and Registry on a fake kernel, all on the caller's thread. Workers
// take their turns, and the world acts, in an order that follows from the seed alone. After every
// step the Model checks published snapshots and requests to the kernel.
Outcome Simulate(const Scenario& scenario);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SIMULATION_H_
