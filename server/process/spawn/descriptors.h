// The server's own descriptors, put in order before anything else happens.
#ifndef HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_
#define HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/daemon/process_attributes.h"

namespace hob {

// Makes 0, 1 and 2 something (/dev/null where they are closed), so that no log file ever becomes a
// standard descriptor, and marks every other one that was inherited close-on-exec. To be called
// first thing in main().
absl::Status SanitizeInheritedDescriptors();

// Raises the soft limit of open files to the hard one: a daemon costs several. Returns the
// limit as it was, which is what children get.
absl::StatusOr<ResourceLimit> RaiseDescriptorLimit();

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_
