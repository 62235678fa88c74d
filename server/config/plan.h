#ifndef HOB_SERVER_CONFIG_PLAN_H_
#define HOB_SERVER_CONFIG_PLAN_H_

#include <string>
#include <vector>

#include "server/config/config.h"

namespace hob {

// The effect of a reload on one daemon. kRoll is a kRestart of an instance of a set: it waits for
// its turn.
enum class PlanAction { kAdd, kRemove, kRestart, kRoll, kUpdate, kUnchanged };

// The plan for one daemon.
struct PlanEntry {
  std::string name;
  PlanAction action = PlanAction::kUnchanged;
  // The keys that differ, sorted; only for kRestart, kRoll and kUpdate.
  std::vector<std::string> keys;
  // True for a kRestart or kRoll that waits for the daemon's next start, because it is held and up;
  // set by the supervisor.
  bool held = false;
};

// A whole reload, decided before its first action.
struct Plan {
  // One entry for each daemon of either configuration, in name order.
  std::vector<PlanEntry> daemons;
  // The keys of [hob] that differ, sorted; they need a restart of the server.
  std::vector<std::string> server_keys;
};

// Returns the keys in which the configuration of a daemon changes, sorted. Pure.
std::vector<std::string> ChangedKeys(const DaemonSpec& running, const DaemonSpec& wanted);

// True if the daemon needs a new process for the change from `running` to `wanted`. Pure.
bool NeedsNewProcess(const DaemonSpec& running, const DaemonSpec& wanted);

// Returns the reload that turns `running` into `wanted`. Pure.
Plan MakePlan(const Config& running, const Config& wanted);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_PLAN_H_
