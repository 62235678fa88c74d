#ifndef HOB_TESTS_SIMULATION_RUN_PROFILE_H_
#define HOB_TESTS_SIMULATION_RUN_PROFILE_H_

#include "tests/simulation/fake_kernel.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The rates of events in one run. Every run draws a profile of its own, so that together they reach
// extremes that an average never reaches.
struct RunProfile {
  explicit RunProfile(Random& random)
      : daemons(1 + random.Below(8)),
        is_prompt(random.Chance(50)),
        commands(random.Of({5, 20, 40})),
        reloads(random.Of({0, 2, 8})),
        faults(random.Of({0, 5, 20})),
        jumps(random.Of({0, 0, 3})),
        shutdowns(random.Of({0, 0, 0, 1})),
        watchers(random.Below(4)),
        kept_changes(random.Of({50, 200, 1000})),
        keeps_output(random.Chance(25)) {
    if (random.Chance(40)) start_rate = random.Of({0.5, 2.0, 10.0});
    start_burst = random.Of({1, 1, 3});
    fault_rates.ends = random.Of({10, 50, 90});
    fault_rates.longest_life =
        random.Of<Nanos>({20 * kMillisecond, kSecond, 10 * kSecond, kMinute});
    fault_rates.shortage = random.Of({0, 0, 10, 50});
    fault_rates.broken = random.Of({0, 0, 10, 50});
    fault_rates.hangs = random.Of({0, 0, 5, 20});
    fault_rates.slow_spawn = random.Of({0, 0, 10});
    fault_rates.hung_spawn = random.Of({0, 0, 0, 3});
    fault_rates.refused = random.Of({0, 0, 0, 20});
    fault_rates.has_children = random.Of({0, 30, 70});
    messages = random.Of({0, 0, 5, 20});
    verdicts = random.Of({0, 5, 10});
    holds = random.Of({0, 0, 10, 40});
    kernel.pids = random.Of({16, 40, 400});
    kernel.descriptors = random.Of({2, 5, 100, 100});
    kernel.wake_every = random.Of<Nanos>({0, 0, 20 * kMillisecond, kSecond});
    kernel.wakes_at_end_of_tree = random.Chance(70);
  }

  int daemons;
  // True if workers that are due act before time goes on.
  bool is_prompt;
  // Rates per hundred steps.
  int commands;
  int reloads;
  int faults;
  int jumps;
  int messages = 0;
  int verdicts = 0;
  // Commands per hundred that place or end a hold.
  int holds = 0;
  // Rates per thousand steps.
  int shutdowns;
  int watchers;
  int kept_changes;
  // True if the output of processes goes into logs, which cannot always be written.
  bool keeps_output;
  double start_rate = 0;
  int start_burst = 1;
  FaultRates fault_rates;
  FakeKernel::Options kernel;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_RUN_PROFILE_H_
