// What /proc tells of processes. Every answer may be out of date when it arrives: who acts on it
// opens a pidfd first and asks afterwards.
#ifndef HOB_SERVER_POSIX_PROC_FILES_H_
#define HOB_SERVER_POSIX_PROC_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Errors of all functions here: NotFound when there is no such process (or file),
// ResourceExhausted when the machine is short of something, in which case nothing is known.

// The whole of a small file of the kernel's.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// The fields of /proc/PID/stat that tell who a process is and what it uses.
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  // Since boot, in clock ticks of sysconf(_SC_CLK_TCK).
  int64_t start_ticks = 0;
  // False for a zombie: all of its threads have ended.
  bool alive = false;
  int threads = 0;
  // Processor time of all its threads and of the children that it has waited for, clock ticks.
  int64_t cpu_ticks = 0;
  // Its resident set, pages.
  int64_t resident_pages = 0;
};

absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid);

// Takes a line of /proc/PID/stat apart; DataLoss when it is none.
absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view line);

// Returns the real user of a process, which is the one that decides who may signal it besides root.
absl::StatusOr<uid_t> ReadUserOf(pid_t pid);

// The children of one thread, and of all threads of a process.
absl::StatusOr<std::vector<pid_t>> ReadChildrenOfThread(pid_t pid, pid_t thread);
absl::StatusOr<std::vector<pid_t>> ReadChildren(pid_t pid);

// Every process that there is.
absl::StatusOr<std::vector<pid_t>> ReadAllProcesses();

// Whether the kernel lists children (CONFIG_PROC_CHILDREN). Without it the two functions above look
// at all processes.
bool KernelListsChildren();

// The value of a variable in the environment that a process was started with; NotFound when it has
// none, PermissionDenied when it may not be read.
absl::StatusOr<std::string> ReadEnvironmentOf(pid_t pid, absl::string_view variable);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_PROC_FILES_H_
