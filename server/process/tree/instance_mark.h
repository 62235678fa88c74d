#ifndef HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_
#define HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hob {

// The mark of an instance: 60 random bits that every process of the instance carries, regardless of
// changes to its session, parent or environment.
//
// The mark is the soft limit RLIMIT_LOCKS, which Linux has not enforced since 2.4.25
// (setrlimit(2)). It survives fork, execve and a change of user, and every user can read it in
// /proc/PID/limits. It is evidence, not proof: a process that sets the limit itself loses the mark.

// Means "no mark". No mark has this value.
inline constexpr uint64_t kNoMark = 0;

// Returns a new mark; kNoMark if the kernel has no random bits yet.
uint64_t DrawMark();

// Returns the reason why children of this process cannot carry a mark; empty if they can.
std::string WhyNoMarks();

// Returns the mark of a process; kNoMark if it has none. Errors are those of proc_files.h.
absl::StatusOr<uint64_t> ReadMarkOf(pid_t pid);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_
