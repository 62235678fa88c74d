#ifndef HOB_SERVER_PROCESS_TREE_TREE_USAGE_H_
#define HOB_SERVER_PROCESS_TREE_TREE_USAGE_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/posix/proc_files.h"
#include "server/process/tree/containment.h"

namespace hob {

// What the processes of a daemon use at one moment. Each figure is absent when it is not known. A
// plain value.
struct TreeUsage {
  // Living processes.
  absl::optional<int64_t> processes;
  // Processor time. With control groups that of everything that ran in the daemon's group since the
  // group was made; else that of what is alive and of what that has waited for.
  absl::optional<absl::Duration> cpu;
  // What the group is charged for where the kernel's memory controller is on for it, else the sum
  // of the resident sets, in which shared pages count more than once. Bytes.
  absl::optional<int64_t> memory_bytes;
  // Open descriptors of the main process.
  absl::optional<int64_t> open_descriptors;
};

// Reads what daemons use, from outside and without asking their workers: from their control groups,
// or from a walk over /proc. What is out of date when it arrives does no harm: nothing is signalled
// by it.
//
// Not thread-safe; one reader a thread.
class TreeUsageReader {
 public:
  // Of a tree with more processes only that is told what a control group knows: a fork bomb does
  // not hold the reader up.
  static constexpr size_t kMostProcesses = 256;

  explicit TreeUsageReader(Containment containment) : containment_(std::move(containment)) {}

  // Notes whose the orphans are that have come to this process, where there are no control groups;
  // to be called before a round of Read.
  void BeginRound();

  // What the daemon `name` uses, whose main process is `main`; absent when that is gone, or the
  // machine is too short of something to tell.
  absl::optional<TreeUsage> Read(const std::string& name, pid_t main) const;

 private:
  absl::optional<TreeUsage> ReadGroup(const std::string& group) const;
  absl::optional<TreeUsage> ReadSession(const std::string& name, pid_t main) const;

  const Containment containment_;
  // Orphans that carry a daemon's name in their environment, by that, and the others by session.
  std::multimap<std::string, ProcessStat> named_orphans_;
  std::multimap<pid_t, ProcessStat> other_orphans_;
};

// How many descriptors the process has open; absent when it is gone or may not be looked at.
absl::optional<int64_t> CountDescriptors(pid_t process);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_TREE_USAGE_H_
