#ifndef HOB_SERVER_PROCESS_RECORD_RECORDED_TREES_H_
#define HOB_SERVER_PROCESS_RECORD_RECORDED_TREES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/posix/proc_files.h"
#include "server/posix/unique_fd.h"
#include "server/process/record/instance_record.h"

namespace hob {

// A process of a recorded instance, as seen in one scan of /proc.
struct RecordedProcess {
  std::string daemon;
  ProcessStat stat;
};

// True if `stat` is the main process that `entry` was written for. The kernel does not reuse a pid
// before its process is gone, so a process that has the pid and is not younger than the entry is
// the recorded one. Pure. `ticks_per_second` is sysconf(_SC_CLK_TCK).
bool IsRecordedMain(const InstanceRecordEntry& entry, const ProcessStat& stat,
                    int64_t ticks_per_second);

// Returns the live processes of the recorded instances: main processes, their sessions, processes
// that carry their marks and started after them, and the descendants of all of these. Never returns
// this process or one of its ancestors. Inspects every process on the machine. Returns an error if
// it cannot, usually because the machine lacks resources.
absl::StatusOr<std::vector<RecordedProcess>> FindRecordedProcesses(
    const std::vector<InstanceRecordEntry>& entries);

// Returns a pidfd of a found process. Returns no descriptor if the process is gone, if another
// process has its pid by now, or if the function cannot tell.
UniqueFd OpenFound(const RecordedProcess& process);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_RECORDED_TREES_H_
