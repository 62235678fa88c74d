#ifndef HOB_SERVER_CONFIG_PLAN_H_
#define HOB_SERVER_CONFIG_PLAN_H_

#include <string>
#include <vector>

#include "server/config/config.h"

namespace hob {

// What a reload does with one daemon.
enum class PlanAction { kAdd, kRemove, kRestart, kUpdate, kUnchanged };

struct PlanEntry {
  std::string name;
  PlanAction action = PlanAction::kUnchanged;
  // The keys that differ, sorted; for kRestart and kUpdate.
  std::vector<std::string> keys;
};

// The whole of a reload, decided before anything is done. A plain value.
struct Plan {
  // One a daemon, in name order.
  std::vector<PlanEntry> daemons;
  // The keys of [hob] that differ, sorted: they take a restart of the server.
  std::vector<std::string> server_keys;
};

// The way from `running` to `wanted`. Pure.
Plan MakePlan(const Config& running, const Config& wanted);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_PLAN_H_
