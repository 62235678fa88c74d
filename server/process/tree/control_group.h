// Folders of the control group hierarchy (cgroup v2), named by their paths.
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

// Opens a group for CLONE_INTO_CGROUP, made first where it is missing (its parent is not). None
// with errno set when that fails.
UniqueFd OpenControlGroup(const std::string& path);

// Removes a group and the groups in it; what is populated stays. False, with errno set, when there
// is such a group still.
bool RemoveControlGroup(const std::string& path);

// The groups directly in a group, paths; NotFound when there is no such group, another error when
// it cannot be told.
absl::StatusOr<std::vector<std::string>> ControlGroupsIn(const std::string& path);

// What lives in a group and the groups in it; NotFound when there is no such group, another error
// when it cannot be told, mostly because the machine is short of something. Processes of other pid
// namespaces are left out.
absl::StatusOr<std::vector<pid_t>> ProcessesInControlGroup(const std::string& path);

// Whether cgroup.events, open as `events_fd`, says that something lives in the group or in one
// below it; true also when it cannot be read. Reading arms the descriptor: it is ready (POLLPRI)
// after the next change.
bool IsPopulated(int events_fd);

// Opens cgroup.events; errors as above.
absl::StatusOr<UniqueFd> OpenControlGroupEvents(const std::string& path);

// Kills everything in a group and the groups in it, frozen or forking, at once.
// Nothing can be cloned into the group afterwards: it is to be removed and made anew.
absl::Status KillControlGroup(const std::string& path);

// Sends signals, in order, to every process of a group and the groups in it, once each, through its
// pidfd and after a look that it is still in the group; `but` is spared. Goes on until no new
// process appears, within reason. An error says that some may not have got them.
absl::Status SignalControlGroup(const std::string& path, absl::Span<const int> signals, pid_t but);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_CONTROL_GROUP_H_
