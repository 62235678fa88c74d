#include "server/config/plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "server/config/keys/daemon_keys.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace {

using KeyValues = std::map<std::string, std::string>;

// Returns the keys whose values differ, sorted; a key that one side lacks differs.
std::set<std::string> DifferingKeys(const KeyValues& running, const KeyValues& wanted) {
  std::set<std::string> keys;
  for (const auto& [key, value] : running) {
    const auto other = wanted.find(key);
    if (other == wanted.end() || other->second != value) keys.insert(key);
  }
  for (const auto& [key, value] : wanted) {
    if (running.count(key) == 0) keys.insert(key);
  }
  return keys;
}

// True if a change of the key needs a new process.
bool NeedsRestart(const std::string& key) {
  const DaemonKey* const row = FindDaemonKey(key);
  return row == nullptr || row->change == KeyChange::kRestart;
}

bool AnyNeedsRestart(const std::vector<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(), NeedsRestart);
}

PlanEntry Compare(const DaemonSpec& running, const DaemonSpec& wanted) {
  PlanEntry entry;
  entry.name = wanted.name;
  entry.keys = ChangedKeys(running, wanted);
  if (!entry.keys.empty()) entry.action = PlanAction::kUpdate;
  if (AnyNeedsRestart(entry.keys)) {
    entry.action = wanted.instance_of.empty() ? PlanAction::kRestart : PlanAction::kRoll;
  }
  return entry;
}

PlanEntry Entry(const std::string& name, PlanAction action) { return PlanEntry{name, action, {}}; }

}  // namespace

std::vector<std::string> ChangedKeys(const DaemonSpec& running, const DaemonSpec& wanted) {
  std::set<std::string> keys = DifferingKeys(*running.settings, *wanted.settings);
  // Commands that differ only in quotes and blanks are the same.
  if (running.argv != wanted.argv) keys.insert(kCommandKey);
  // A set that it depends on may have gained or lost instances.
  if (running.depends_on != wanted.depends_on && keys.count("restart_with") == 0) {
    keys.insert("depends_on");
  }
  return {keys.begin(), keys.end()};
}

bool NeedsNewProcess(const DaemonSpec& running, const DaemonSpec& wanted) {
  return AnyNeedsRestart(ChangedKeys(running, wanted));
}

Plan MakePlan(const Config& running, const Config& wanted) {
  // By name.
  std::map<std::string, PlanEntry, NameLess> entries;
  for (const auto& [name, spec] : running.daemons) {
    const auto found = wanted.daemons.find(name);
    entries[name] = found == wanted.daemons.end() ? Entry(name, PlanAction::kRemove)
                                                  : Compare(*spec, *found->second);
  }
  for (const auto& [name, spec] : wanted.daemons) {
    if (running.daemons.count(name) == 0) entries[name] = Entry(name, PlanAction::kAdd);
  }
  Plan plan;
  for (auto& [name, entry] : entries) plan.daemons.push_back(std::move(entry));
  const std::set<std::string> keys = DifferingKeys(running.server.settings, wanted.server.settings);
  plan.server_keys.assign(keys.begin(), keys.end());
  return plan;
}

}  // namespace hob
