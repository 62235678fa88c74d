// Operations on directories of the control group hierarchy (cgroup v2), given by path.
#ifndef HOB_SERVER_PROCESS_TREE_CONTROL_GROUP_H_
#define HOB_SERVER_PROCESS_TREE_CONTROL_GROUP_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Opens a group for CLONE_INTO_CGROUP and creates it if missing; its parent must exist. Returns no
// descriptor, with errno set, on failure.
UniqueFd OpenControlGroup(const std::string& path);

// Removes a group and its subgroups; populated groups stay. Returns false, with errno set, if the
// group still exists.
bool RemoveControlGroup(const std::string& path);

// Returns the paths of the direct subgroups. Returns NotFound if the group does not exist, another
// error if it cannot be read.
absl::StatusOr<std::vector<std::string>> ControlGroupsIn(const std::string& path);

// Returns the processes in a group and its subgroups, except those in other pid namespaces. Returns
// NotFound if the group does not exist; another error if it cannot be read, usually because the
// machine lacks resources.
absl::StatusOr<std::vector<pid_t>> ProcessesInControlGroup(const std::string& path);

// True if cgroup.events, open as `events_fd`, reports a process in the group or a subgroup; also
// true if it cannot be read. Reading arms the descriptor: it becomes ready (POLLPRI) after the next
// change.
bool IsPopulated(int events_fd);

// Opens cgroup.events. Returns NotFound if the group does not exist, another error if the file
// cannot be opened.
absl::StatusOr<UniqueFd> OpenControlGroupEvents(const std::string& path);

// Kills every process in a group and its subgroups at once, even frozen or forking ones. Processes
// cloned into the group afterwards die too, so remove and recreate the group before reuse.
absl::Status KillControlGroup(const std::string& path);

// Sends signals, in order, once to every process in a group and its subgroups except `but`. Uses
// pidfds and verifies that each process is still in the group. Repeats until no new process
// appears, up to a fixed number of rounds. Returns an error if some processes may not have received
// the signals.
absl::Status SignalControlGroup(const std::string& path, absl::Span<const int> signals, pid_t but);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CONTROL_GROUP_H_
