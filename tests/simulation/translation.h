#ifndef HOB_TESTS_SIMULATION_TRANSLATION_H_
#define HOB_TESTS_SIMULATION_TRANSLATION_H_

#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"
#include "tests/simulation/model.h"

namespace hob {
namespace simulation {

// Translates hob's types to the model's, which knows none of hob's.

Order OrderOf(Command::Kind kind);

// `settings` is the number of the snapshot's specification.
Observation ObservationOf(const DaemonSnapshot& snapshot, int settings);

// "shut down".
const char* NameOf(Order order);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_TRANSLATION_H_
