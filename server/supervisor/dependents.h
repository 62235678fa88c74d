// Finds the dependents of daemons that are known. Pure functions.
#ifndef HOB_SERVER_SUPERVISOR_DEPENDENTS_H_
#define HOB_SERVER_SUPERVISOR_DEPENDENTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/daemon/daemon_snapshot.h"

namespace hob {

// By the name of a daemon: the daemons that depend on it directly.
using Dependents = std::map<std::string, std::set<std::string>>;

// Returns the dependents of every daemon that has some.
Dependents FindDependents(const std::vector<DaemonSnapshotPtr>& daemons);

// Returns the direct dependents of `name` that are among `names`.
std::vector<std::string> DependentsAmong(const Dependents& dependents, const std::string& name,
                                         const std::set<std::string>& names);

// Returns the daemons that depend on one of `names`, directly or through others.
std::set<std::string> AllDependents(const Dependents& dependents,
                                    const std::set<std::string>& names);

// Returns all names, each behind its dependents.
std::vector<std::string> DependentsFirst(const std::vector<DaemonSnapshotPtr>& daemons);

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_DEPENDENTS_H_
