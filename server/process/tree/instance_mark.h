#ifndef HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_
#define HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hob {

// The mark of an instance: 60 random bits that everything it starts bears, whatever session, parent
// and environment a process gives itself.
//
// The mark is the soft limit RLIMIT_LOCKS, which Linux has not enforced since 2.4.25
// (setrlimit(2)). fork and execve pass it on, a change of the user too, and /proc/PID/limits shows
// it to every user. It is evidence, not proof: a process that sets the limit itself sheds the mark.

// Stands for "no mark". No mark has this value.
inline constexpr uint64_t kNoMark = 0;

// Returns a new mark; kNoMark when the kernel has no random bits yet.
uint64_t DrawMark();

// Returns why children of this process cannot bear a mark; empty when they can.
std::string WhyNoMarks();

// Returns the mark that a process bears; kNoMark when it bears none. Errors are those of
// proc_files.h.
absl::StatusOr<uint64_t> ReadMarkOf(pid_t pid);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_INSTANCE_MARK_H_
