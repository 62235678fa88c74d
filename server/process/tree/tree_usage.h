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

// The resource usage of a daemon's processes at one moment. Unknown figures are absent. A plain
// value.
struct TreeUsage {
  // Number of live processes.
  absl::optional<int64_t> processes;
  // Processor time. With control groups, the time of every process that ran in the daemon's group
  // since the group was created; otherwise the time of the live processes and of the children they
  // have waited for.
  absl::optional<absl::Duration> cpu;
  // Memory in bytes: the group's charge if the kernel's memory controller is enabled for it;
  // otherwise the sum of the resident sets, which counts shared pages more than once.
  absl::optional<int64_t> memory_bytes;
  // Number of open descriptors of the main process.
  absl::optional<int64_t> open_descriptors;
};

// Reads the resource usage of daemons from their control groups or by scanning /proc, without
// involving their workers. Outdated figures are harmless, because no signal is based on them.
//
// Not thread-safe; use one reader per thread.
class TreeUsageReader {
 public:
  // Maximum number of processes inspected per tree. Larger trees report only the control group's
  // figures, so a fork bomb does not delay the reader.
  static constexpr size_t kMostProcesses = 256;

  explicit TreeUsageReader(Containment containment) : containment_(std::move(containment)) {}

  // Records which daemons own the orphans of this process, if there are no control groups. Call
  // before each round of Read.
  void BeginRound();

  // Returns the usage of the daemon `name` with the main process `main`; absent if that process is
  // gone or the machine lacks the resources to tell.
  absl::optional<TreeUsage> Read(const std::string& name, pid_t main) const;

 private:
  absl::optional<TreeUsage> ReadGroup(const std::string& group) const;
  absl::optional<TreeUsage> ReadSession(const std::string& name, pid_t main) const;

  const Containment containment_;
  // Orphans with a daemon's name in their environment, by that name, and the other orphans by
  // session.
  std::multimap<std::string, ProcessStat> named_orphans_;
  std::multimap<pid_t, ProcessStat> other_orphans_;
};

// Returns the number of descriptors the process has open; absent if it is gone or may not be
// inspected.
absl::optional<int64_t> CountDescriptors(pid_t process);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_TREE_USAGE_H_
