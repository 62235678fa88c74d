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

// A process of a recorded instance, seen in one look at /proc.
struct RecordedProcess {
  std::string daemon;
  ProcessStat stat;
};

// Whether `stat` is the main process that `entry` was written for: a pid is not given to another
// process before this one is gone, so what has it and is not younger than the record is the one.
// Pure; `ticks_per_second` is sysconf(_SC_CLK_TCK).
bool IsRecordedMain(const InstanceRecordEntry& entry, const ProcessStat& stat,
                    int64_t ticks_per_second);

// The living processes of the recorded instances: main processes, their sessions, what bears their
// marks and began after them, and the descendants of all these; never this process or one that it
// descends from. Looks at every process of the machine; an error says that it cannot, mostly
// because the machine is short of something.
absl::StatusOr<std::vector<RecordedProcess>> FindRecordedProcesses(
    const std::vector<InstanceRecordEntry>& entries);

// A pidfd of a process that was found; none when it is gone, another one has its pid by now, or it
// cannot be told.
UniqueFd OpenFound(const RecordedProcess& process);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_RECORDED_TREES_H_
