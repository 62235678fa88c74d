#ifndef HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_
#define HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Selects how the processes of a daemon are kept together, so that all can be ended together.
enum class ContainmentMode {
  // A control group (cgroup v2) per daemon: no process escapes.
  kControlGroup,
  // A session per daemon, a mark that its processes inherit (instance_mark.h), and the subreaper
  // role. A process escapes only if it moves to another session *and* loses its parents *and* sets
  // its own limit RLIMIT_LOCKS *and* removes HOB_DAEMON from its environment.
  kSession,
};

// Returns "cgroup" or "session", as Status shows it.
absl::string_view ContainmentModeName(ContainmentMode mode);

// The containment that the machine supports. A plain value.
struct Containment {
  ContainmentMode mode = ContainmentMode::kSession;
  // Directory of the group that contains the daemons' groups: <own group>/hob-<hash of run_dir>.
  // Set only for kControlGroup.
  std::string group;
  // The reason why control groups, and possibly marks, are not available; empty for kControlGroup.
  std::string reason;
};

// Tests whether control groups can be used: creates the group for `run_dir` and clones a process
// into a group inside it. Blocks briefly. Never fails: if control groups cannot be used, the mode
// is kSession.
Containment ProbeContainment(const std::string& run_dir);

// Returns the candidate directories of the group for `run_dir`, whether they exist or not;
// ProbeContainment uses the first one that works. Returns an error if the machine lacks the
// resources to tell.
absl::StatusOr<std::vector<std::string>> CandidateGroups(const std::string& run_dir);

// Returns the directory of one daemon's group. A suffix keeps a daemon apart from a kernel file of
// the same name ("cgroup.procs").
std::string DaemonGroup(const std::string& group, absl::string_view name);

// Returns the name of the daemon whose group is `path`.
std::string DaemonOfGroup(const std::string& path);

// Returns the directories that may be this process's own group, according to /proc/self/mountinfo
// and /proc/self/cgroup. Pure.
std::vector<std::string> OwnGroupDirectories(absl::string_view mountinfo, absl::string_view cgroup);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_
