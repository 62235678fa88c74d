// Prepares the server's descriptors at startup.
#ifndef HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_
#define HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/daemon/process_attributes.h"

namespace hob {

// Opens /dev/null for each of 0, 1 and 2 that is closed, so that no log file becomes a standard
// descriptor, and marks every other inherited descriptor close-on-exec. Call first in main().
absl::Status SanitizeInheritedDescriptors();

// Raises the soft limit of open files to the hard limit, because each daemon needs several
// descriptors. Returns the previous limit, which children get.
absl::StatusOr<ResourceLimit> RaiseDescriptorLimit();

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_DESCRIPTORS_H_
