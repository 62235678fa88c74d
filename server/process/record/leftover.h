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
  // The entries of the daemon in the dead server's record.
  std::vector<InstanceRecordEntry> entries;
  // The folder of the daemon's control group; empty where it has none.
  std::string group;
  // What is alive and why, for the journal: "process 7 cannot be killed: …", one for each process.
  std::vector<std::string> problems;
};

// Returns the living processes of a leftover: those of its group, and those that its entries lead
// to. Looks at every process of the machine. An error says that it cannot be told.
absl::StatusOr<std::vector<RecordedProcess>> FindLeftover(const Leftover& leftover);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_LEFTOVER_H_
