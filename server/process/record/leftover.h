#ifndef HOB_SERVER_PROCESS_RECORD_LEFTOVER_H_
#define HOB_SERVER_PROCESS_RECORD_LEFTOVER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/process/record/instance_record.h"
#include "server/process/record/recorded_trees.h"

namespace hob {

// Processes of one daemon that a dead server left running and its successor could not end. A plain
// value.
struct Leftover {
  std::string daemon;
  // The daemon's entries in the dead server's record.
  std::vector<InstanceRecordEntry> entries;
  // Directory of the daemon's control group; empty if it has none.
  std::string group;
  // One sentence for the journal per live process, with the reason: "process 7 cannot be killed:
  // …".
  std::vector<std::string> problems;
};

// Returns the live processes of a leftover: the members of its group and the processes its entries
// lead to. Inspects every process on the machine. Returns an error if it cannot tell.
absl::StatusOr<std::vector<RecordedProcess>> FindLeftover(const Leftover& leftover);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_LEFTOVER_H_
