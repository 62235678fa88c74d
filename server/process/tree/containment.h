#ifndef HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_
#define HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// How everything that a daemon starts is kept together, so that it can be ended together.
enum class ContainmentMode {
  // A control group (cgroup v2) for each daemon: nothing gets out of it.
  kControlGroup,
  // A session for each daemon, a mark that its processes inherit (instance_mark.h), and the
  // subreaper role: what moves to another session *and* loses its parents *and* sets its own limit
  // RLIMIT_LOCKS *and* drops HOB_DAEMON from its environment is not found.
  kSession,
};

// "cgroup" or "session", as Status shows it.
absl::string_view ContainmentModeName(ContainmentMode mode);

// What the machine allows. A plain value.
struct Containment {
  ContainmentMode mode = ContainmentMode::kSession;
  // Folder of the group that holds those of the daemons: <own group>/hob-<hash of run_dir>. Only
  // for kControlGroup.
  std::string group;
  // Why there are no control groups, and why there are no marks where there are none; empty for
  // kControlGroup.
  std::string reason;
};

// Tries whether control groups can be used: makes the group for `run_dir` and clones a process into
// a group in it. Blocks for a moment. Never fails: without them the mode is kSession.
Containment ProbeContainment(const std::string& run_dir);

// The folders that the group for `run_dir` may have, whether there is one or not: that of
// ProbeContainment is the first that works. An error when the machine is too short of something to
// tell.
absl::StatusOr<std::vector<std::string>> CandidateGroups(const std::string& run_dir);

// The folder of one daemon's group. The suffix keeps a daemon named as one of the kernel's own
// files
// ("cgroup.procs") apart from it.
std::string DaemonGroup(const std::string& group, absl::string_view name);

// The name of the daemon whose group is `path`.
std::string DaemonOfGroup(const std::string& path);

// Folders that may be this process's own group, by what /proc/self/mountinfo and /proc/self/cgroup
// say. Pure.
std::vector<std::string> OwnGroupFolders(absl::string_view mountinfo, absl::string_view cgroup);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CONTAINMENT_H_
