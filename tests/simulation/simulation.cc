#include "tests/simulation/simulation.h"

#include "tests/simulation/simulator.h"

namespace hob {
namespace simulation {

Outcome Simulate(const Scenario& scenario) { return Simulator(scenario).Run(); }

}  // namespace simulation
}  // namespace hob
