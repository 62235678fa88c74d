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

// What to simulate.
struct Scenario {
  uint64_t seed = 0;
  int steps = 1000;
  // Lines of the trace to keep; the latest ones.
  int trace = 0;
  // Called with what is known when somebody waits for ever: there is no way back then, and it must
  // not return.
  std::function<void(const Outcome&)> stuck;
};

// What came of it.
struct Outcome {
  // What is wrong, with the time and the step; absent: nothing is.
  absl::optional<std::string> violation;
  std::vector<std::string> trace;
  // What has happened, so that one can see that something has.
  int64_t spawns = 0;
  int64_t exits = 0;
  int64_t commands = 0;
  int64_t reloads = 0;
  int64_t changes = 0;
  int64_t servers = 0;
};

// A life of a server, or of several, from a seed: the real Supervisor, ReloadQueue, DaemonRunner,
// RestartThrottle and Registry on a fake kernel, all on the caller's thread. Workers take their
// turns, and the world acts, in an order that follows from the seed alone. After every step the
// Model holds what is published and what the kernel was asked for against the contract.
Outcome Simulate(const Scenario& scenario);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_SIMULATION_H_
