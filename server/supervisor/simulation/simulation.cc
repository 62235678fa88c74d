#include "server/supervisor/simulation/simulation.h"

#include "server/supervisor/simulation/simulator.h"

namespace hob {
namespace simulation {

Outcome Simulate(const Scenario& scenario) { return Simulator(scenario).Run(); }

}  // namespace simulation
}  // namespace hob
