#include "server/daemon/dependency.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hob {
namespace {

// Greatest number of daemons in a description.
constexpr int kMaxLinks = 20;

// True if a start of the daemon is due and waits for others.
bool WaitsForOthers(const DaemonSnapshot& daemon) {
  if (daemon.state == DaemonState::kWaiting) return !daemon.awaits_release;
  return daemon.hold == nullptr && daemon.state == DaemonState::kHalted &&
         !daemon.next_start_time.has_value() &&
         daemon.spec->restart_policy.on_halt == OnHalt::kRetry;
}

}  // namespace

absl::string_view ConditionName(Dependency::Condition condition) {
  switch (condition) {
    case Dependency::Condition::kStarted:
      return "started";
    case Dependency::Condition::kReady:
      return "ready";
    case Dependency::Condition::kCompleted:
      return "completed";
  }
  return "";
}

std::string DescribeDependencies(const std::vector<Dependency>& dependencies) {
  const size_t listed = std::min<size_t>(dependencies.size(), kMaxLinks);
  const std::string list = absl::StrJoin(dependencies.begin(), dependencies.begin() + listed, ", ",
                                         [](std::string* out, const Dependency& dependency) {
                                           absl::StrAppend(out, dependency.daemon, ": ",
                                                           ConditionName(dependency.condition));
                                         });
  return listed < dependencies.size() ? absl::StrCat(list, ", ...") : list;
}

bool IsUp(const DaemonSnapshot& daemon) {
  return daemon.pid != 0 && !daemon.awaits_dependents &&
         (daemon.state == DaemonState::kStarting || daemon.state == DaemonState::kRunning);
}

bool IsReady(const DaemonSnapshot& daemon) {
  return IsUp(daemon) && daemon.state == DaemonState::kRunning && daemon.ready &&
         (daemon.health == DaemonHealth::kUnchecked || daemon.health == DaemonHealth::kHealthy);
}

bool RestartsWith(const DaemonSpec& spec, const std::string& other) {
  for (const Dependency& dependency : spec.depends_on) {
    if (dependency.daemon == other) return dependency.restarts_with;
  }
  return false;
}

bool DependsOn(const DaemonSpec& spec, const std::string& other, FindSnapshot find) {
  std::vector<Dependency> open = spec.depends_on;
  std::set<std::string> visited;
  while (!open.empty()) {
    const std::string name = std::move(open.back().daemon);
    open.pop_back();
    if (name == other) return true;
    if (!visited.insert(name).second) continue;
    const DaemonSnapshotPtr daemon = find(name);
    if (daemon == nullptr) continue;
    const std::vector<Dependency>& further = daemon->spec->depends_on;
    open.insert(open.end(), further.begin(), further.end());
  }
  return false;
}

bool IsMet(const Dependency& dependency, FindSnapshot find) {
  const DaemonSnapshotPtr daemon = find(dependency.daemon);
  if (daemon == nullptr) return true;
  switch (dependency.condition) {
    case Dependency::Condition::kStarted:
      return IsUp(*daemon);
    case Dependency::Condition::kReady:
      return IsReady(*daemon);
    case Dependency::Condition::kCompleted:
      return HasCompleted(*daemon);
  }
  return false;
}

std::vector<Dependency> UnmetDependencies(const DaemonSpec& spec, FindSnapshot find) {
  std::vector<Dependency> unmet;
  for (const Dependency& dependency : spec.depends_on) {
    if (!IsMet(dependency, find)) unmet.push_back(dependency);
  }
  return unmet;
}

bool ComesUpByItself(const DaemonSnapshot& daemon) {
  switch (daemon.state) {
    case DaemonState::kStarting:
    case DaemonState::kRunning:
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      return daemon.wanted;
    case DaemonState::kBackoff:
      return daemon.hold == nullptr;
    case DaemonState::kWaiting:
      return !daemon.awaits_release;
    case DaemonState::kHalted:
      return daemon.hold == nullptr && daemon.spec->restart_policy.on_halt == OnHalt::kRetry;
    case DaemonState::kStopped:
    case DaemonState::kExited:
      break;
  }
  return false;
}

bool IsAnyStuck(const std::vector<Dependency>& unmet, FindSnapshot find) {
  std::vector<Dependency> open = unmet;
  std::set<std::string> expanded;
  while (!open.empty()) {
    const DaemonSnapshotPtr daemon = find(open.back().daemon);
    open.pop_back();
    if (daemon == nullptr) continue;
    if (!ComesUpByItself(*daemon)) return true;
    if (!WaitsForOthers(*daemon) || !expanded.insert(daemon->name()).second) continue;
    for (Dependency& further : UnmetDependencies(*daemon->spec, find)) {
      open.push_back(std::move(further));
    }
  }
  return false;
}

std::string DescribeChain(const std::vector<Dependency>& unmet, FindSnapshot find) {
  if (unmet.empty()) return "";
  std::string chain = absl::StrCat("waits for ", DescribeDependencies(unmet));
  std::deque<Dependency> open(unmet.begin(), unmet.end());
  std::set<std::string> described;
  while (!open.empty()) {
    const DaemonSnapshotPtr daemon = find(open.front().daemon);
    open.pop_front();
    if (daemon == nullptr || !described.insert(daemon->name()).second) continue;
    if (described.size() > kMaxLinks) return absl::StrCat(chain, "; ...");
    std::vector<Dependency> further;
    if (WaitsForOthers(*daemon)) further = UnmetDependencies(*daemon->spec, find);
    if (further.empty()) {
      absl::StrAppend(&chain, "; ", daemon->name(), " is ", DaemonStateName(daemon->state), ": ",
                      daemon->reason);
      const std::string held = daemon->hold == nullptr ? "" : DescribeHold(*daemon->hold);
      if (!IsUp(*daemon) && !absl::StrContains(daemon->reason, held)) {
        absl::StrAppend(&chain, "; it is ", held);
      }
    } else {
      absl::StrAppend(&chain, "; ", daemon->name(), " waits for ", DescribeDependencies(further));
      open.insert(open.end(), further.begin(), further.end());
    }
  }
  return chain;
}

bool IsAlive(const DaemonSnapshot& daemon) {
  switch (daemon.state) {
    case DaemonState::kStarting:
    case DaemonState::kRunning:
    case DaemonState::kStopping:
    case DaemonState::kClearing:
      return !daemon.unkillable;
    case DaemonState::kStopped:
    case DaemonState::kBackoff:
    case DaemonState::kExited:
    case DaemonState::kHalted:
    case DaemonState::kWaiting:
      break;
  }
  return false;
}

}  // namespace hob
