#include "server/process/record/leftover.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "server/posix/proc_files.h"
#include "server/process/tree/control_group.h"

namespace hob {

absl::StatusOr<std::vector<RecordedProcess>> FindLeftover(const Leftover& leftover) {
  absl::StatusOr<std::vector<RecordedProcess>> found = FindRecordedProcesses(leftover.entries);
  if (!found.ok() || leftover.group.empty()) return found;
  std::set<pid_t> known;
  for (const RecordedProcess& process : *found) known.insert(process.stat.pid);
  const absl::StatusOr<std::vector<pid_t>> members = ProcessesInControlGroup(leftover.group);
  if (absl::IsNotFound(members.status())) return found;
  if (!members.ok()) return members.status();
  for (const pid_t pid : *members) {
    if (known.count(pid) > 0) continue;
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(pid);
    if (absl::IsNotFound(stat.status())) continue;
    if (!stat.ok()) return stat.status();
    if (stat->alive) found->push_back({leftover.daemon, *stat});
  }
  return found;
}

}  // namespace hob
