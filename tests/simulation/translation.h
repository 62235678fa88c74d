#ifndef HOB_TESTS_SIMULATION_TRANSLATION_H_
#define HOB_TESTS_SIMULATION_TRANSLATION_H_

#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"
#include "tests/simulation/model.h"

namespace hob {
namespace simulation {

// What hob says, in the words of the model, which knows none of hob's.

Order OrderOf(Command::Kind kind);

// `settings` is the number of the snapshot's specification.
Sighting SightingOf(const DaemonSnapshot& snapshot, int settings);

// "shut down".
const char* NameOf(Order order);

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_TRANSLATION_H_
