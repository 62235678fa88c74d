#ifndef HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_
#define HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/process/record/leftover.h"

namespace hob {

// What EndPredecessor found and did. A plain value.
struct PredecessorReport {
  struct Ended {
    std::string daemon;
    pid_t pid = 0;
  };
  // Every process that was alive and is not any more.
  std::vector<Ended> ended;
  // What could not be ended, one for each daemon.
  std::vector<Leftover> left;
  // What could not be told or not be trusted, sentences: more than these daemons may be alive.
  std::vector<std::string> problems;
};

// Ends what a server that died left running: TERM to all of it, and after `grace` KILL. Blocks
// until it is gone, and after KILL for `time_after_kill` at most; nobody waits for a process that
// refuses the signal. What cannot be told, because the machine is short of something, is a problem:
// it may be alive.
//
// Two witnesses are asked. The control groups of `run_dir`, where there are any. And the record of
// live instances: a process is taken for one of them only when it has the recorded pid in the
// recorded boot, started no later than the record was written, leads its own session, and its
// environment, where it can be read, names the daemon in HOB_DAEMON. With it go its session, what
// bears its mark and began after it, and the descendants of these. Nothing else is ever signalled.
//
// To be called with the lock on `run_dir` held and before ProcessSpawner::Create, which begins a
// new record.
PredecessorReport EndPredecessor(const std::string& run_dir, absl::Duration grace,
                                 absl::Duration time_after_kill = absl::Seconds(5));

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_RECORD_PREDECESSOR_H_
