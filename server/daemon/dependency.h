#ifndef HOB_SERVER_DAEMON_DEPENDENCY_H_
#define HOB_SERVER_DAEMON_DEPENDENCY_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// Returns the latest snapshot of a daemon; null if it is unknown.
using FindSnapshot = absl::FunctionRef<DaemonSnapshotPtr(const std::string& name)>;

// Returns the word of a configuration file: "started", "ready" or "completed".
absl::string_view ConditionName(Dependency::Condition condition);

// Returns "db: ready, migrate: completed"; shortens a long list.
std::string DescribeDependencies(const std::vector<Dependency>& dependencies);

// True if an instance of the daemon is up or starting, and was not told to end.
bool IsUp(const DaemonSnapshot& daemon);

// True if the daemon is RUNNING and ready, healthy if it has a check, and was not told to end.
bool IsReady(const DaemonSnapshot& daemon);

// True if a daemon with `spec` restarts with the daemon `other`.
bool RestartsWith(const DaemonSpec& spec, const std::string& other);

// True if a daemon with `spec` depends on the daemon `other`, directly or through others.
bool DependsOn(const DaemonSpec& spec, const std::string& other, FindSnapshot find);

// True if the condition of `dependency` holds. A daemon whose stop waits for its dependents is not
// up. A daemon that does not exist is not waited for: a reload removed it, and the dependent keeps
// its former configuration because it cannot start with the new one.
bool IsMet(const Dependency& dependency, FindSnapshot find);

// Returns the dependencies of a daemon whose conditions do not hold.
std::vector<Dependency> UnmetDependencies(const DaemonSpec& spec, FindSnapshot find);

// True if the daemon is up, or will be without a command to it and without its release.
bool ComesUpByItself(const DaemonSnapshot& daemon);

// True if one of `unmet`, which do not hold, needs a command: its daemon is down and does not come
// up by itself, or waits for such a daemon.
bool IsAnyStuck(const std::vector<Dependency>& unmet, FindSnapshot find);

// Returns the reason why a daemon with `unmet` dependencies does not start, down to the root
// causes: "waits for db: ready; db is HALTED: exit code 1, 3 failures within 5s".
std::string DescribeChain(const std::vector<Dependency>& unmet, FindSnapshot find);

// True if a process of the daemon is alive and can still be ended.
bool IsAlive(const DaemonSnapshot& daemon);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DEPENDENCY_H_
