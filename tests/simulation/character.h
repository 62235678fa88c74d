#ifndef HOB_TESTS_SIMULATION_CHARACTER_H_
#define HOB_TESTS_SIMULATION_CHARACTER_H_

#include "tests/simulation/fake_kernel.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// How often things happen in one run: each has a character of its own, so that together they get
// to places where an average never goes.
struct Character {
  explicit Character(Random& random)
      : daemons(1 + random.Below(6)),
        is_prompt(random.Chance(50)),
        commands(random.Of({5, 20, 40})),
        reloads(random.Of({0, 2, 8})),
        mischief(random.Of({0, 5, 20})),
        jumps(random.Of({0, 0, 3})),
        shutdowns(random.Of({0, 0, 0, 1})),
        watchers(random.Below(4)),
        kept_changes(random.Of({50, 200, 1000})),
        keeps_output(random.Chance(25)) {
    if (random.Chance(40)) start_rate = random.Of({0.5, 2.0, 10.0});
    start_burst = random.Of({1, 1, 3});
    weather.ends = random.Of({10, 50, 90});
    weather.longest_life = random.Of<Nanos>({20 * kMillisecond, kSecond, 10 * kSecond, kMinute});
    weather.shortage = random.Of({0, 0, 10, 50});
    weather.broken = random.Of({0, 0, 10, 50});
    weather.hangs = random.Of({0, 0, 5, 20});
    weather.slow_spawn = random.Of({0, 0, 10});
    weather.hung_spawn = random.Of({0, 0, 0, 3});
    weather.refused = random.Of({0, 0, 0, 20});
    weather.has_children = random.Of({0, 30, 70});
    words = random.Of({0, 0, 5, 20});
    kernel.pids = random.Of({16, 40, 400});
    kernel.descriptors = random.Of({2, 5, 100, 100});
    kernel.tell_every = random.Of<Nanos>({0, 0, 20 * kMillisecond, kSecond});
    kernel.tells_end_of_tree = random.Chance(70);
  }

  int daemons;
  // Whoever has something to do does it before time goes on.
  bool is_prompt;
  // In a hundred steps.
  int commands;
  int reloads;
  int mischief;
  int jumps;
  int words = 0;
  // In a thousand.
  int shutdowns;
  int watchers;
  int kept_changes;
  // What processes write goes into logs, and these cannot always be written.
  bool keeps_output;
  double start_rate = 0;
  int start_burst = 1;
  Weather weather;
  FakeKernel::Options kernel;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_CHARACTER_H_
