#include "server/supervisor/dependents.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace hob {

Dependents FindDependents(const std::vector<DaemonSnapshotPtr>& daemons) {
  Dependents dependents;
  for (const DaemonSnapshotPtr& daemon : daemons) {
    for (const Dependency& dependency : daemon->spec->depends_on) {
      dependents[dependency.daemon].insert(daemon->name());
    }
  }
  return dependents;
}

std::vector<std::string> DependentsAmong(const Dependents& dependents, const std::string& name,
                                         const std::set<std::string>& names) {
  std::vector<std::string> among;
  const auto found = dependents.find(name);
  if (found == dependents.end()) return among;
  std::set_intersection(found->second.begin(), found->second.end(), names.begin(), names.end(),
                        std::back_inserter(among));
  return among;
}

std::set<std::string> AllDependents(const Dependents& dependents,
                                    const std::set<std::string>& names) {
  std::set<std::string> all;
  std::vector<std::string> open(names.begin(), names.end());
  while (!open.empty()) {
    const auto found = dependents.find(open.back());
    open.pop_back();
    if (found == dependents.end()) continue;
    for (const std::string& dependent : found->second) {
      if (all.insert(dependent).second) open.push_back(dependent);
    }
  }
  return all;
}

std::vector<std::string> DependentsFirst(const std::vector<DaemonSnapshotPtr>& daemons) {
  const Dependents dependents = FindDependents(daemons);
  std::vector<std::string> order;
  std::set<std::string> visited;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    if (!visited.insert(name).second) return;
    const auto found = dependents.find(name);
    if (found != dependents.end()) {
      for (const std::string& dependent : found->second) visit(dependent);
    }
    order.push_back(name);
  };
  for (const DaemonSnapshotPtr& daemon : daemons) visit(daemon->name());
  return order;
}

}  // namespace hob
