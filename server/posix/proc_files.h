// Reads facts about processes from /proc. Every answer may be outdated when it arrives: before
// acting on one, open a pidfd and ask again.
#ifndef HOB_SERVER_POSIX_PROC_FILES_H_
#define HOB_SERVER_POSIX_PROC_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// All functions here return NotFound if there is no such process or file, and ResourceExhausted if
// the machine lacks a resource, in which case nothing is known.

// Returns the contents of a small kernel file.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// Fields of /proc/PID/stat that identify a process and show its resource use.
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  // Start time since boot, in clock ticks of sysconf(_SC_CLK_TCK).
  int64_t start_ticks = 0;
  // False for a zombie: all of its threads have ended.
  bool alive = false;
  int threads = 0;
  // Processor time of all its threads and of children it has waited for, in clock ticks.
  int64_t cpu_ticks = 0;
  // Resident set, in pages.
  int64_t resident_pages = 0;
};

absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid);

// Parses a line of /proc/PID/stat; DataLoss if it is malformed.
absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view line);

// Returns the real user of a process. Besides root, only that user may signal it.
absl::StatusOr<uid_t> ReadUserOf(pid_t pid);

// Return the children of one thread, and of all threads of a process.
absl::StatusOr<std::vector<pid_t>> ReadChildrenOfThread(pid_t pid, pid_t thread);
absl::StatusOr<std::vector<pid_t>> ReadChildren(pid_t pid);

// Returns all processes.
absl::StatusOr<std::vector<pid_t>> ReadAllProcesses();

// True if the kernel lists children (CONFIG_PROC_CHILDREN). Otherwise the two functions above scan
// all processes.
bool KernelListsChildren();

// Returns the value of a variable in the environment that a process was started with; NotFound if
// it is not set, PermissionDenied if the environment may not be read.
absl::StatusOr<std::string> ReadEnvironmentOf(pid_t pid, absl::string_view variable);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_PROC_FILES_H_
