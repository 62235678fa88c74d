#ifndef HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_
#define HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/process/record/leftover.h"

namespace hob {

// The result of EndPredecessor. A plain value.
struct PredecessorReport {
  struct Ended {
    std::string daemon;
    pid_t pid = 0;
  };
  // Processes that were alive and have ended.
  std::vector<Ended> ended;
  // Processes that could not be ended, one entry per daemon.
  std::vector<Leftover> left;
  // One sentence for each fact that could not be determined or trusted. If not empty, daemons
  // beyond those in `left` may be alive.
  std::vector<std::string> problems;
};

// Ends the processes that a dead server left running: sends SIGTERM to all of them and SIGKILL
// after `grace`. Blocks until they are gone, but at most `time_after_kill` after SIGKILL; does not
// wait for processes that it is not permitted to signal. If the machine lacks the resources to find
// out whether a process is alive, the report lists a problem.
//
// Uses two sources: the control groups of `run_dir`, if any, and the instance record. A process
// matches an entry of the record only if it has the recorded pid in the recorded boot, started no
// later than the entry was written, leads its own session and, if its environment is readable, has
// the daemon's name in HOB_DAEMON. The function also ends that process's session, the processes
// that carry its mark and started after it, and the descendants of all of these. It signals no
// other process.
//
// Call with the lock on `run_dir` held and before ProcessSpawner::Create, which starts a new
// record.
PredecessorReport EndPredecessor(const std::string& run_dir, absl::Duration grace,
                                 absl::Duration time_after_kill = absl::Seconds(5));

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_
