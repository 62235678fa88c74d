#ifndef HOB_SERVER_PROCESS_TREE_SESSION_TREE_H_
#define HOB_SERVER_PROCESS_TREE_SESSION_TREE_H_

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/posix/proc_files.h"
#include "server/process/tree/main_process.h"

namespace hob {

// Finds the processes that a daemon's main process started, without a control group: its
// descendants, and the orphans that came to this process as subreaper and belong to its session or
// carry its mark, with their descendants. An orphan without any mark belongs to the tree if its
// environment has HOB_DAEMON=NAME. A process that has left the session and its parent, set its own
// RLIMIT_LOCKS and cleared its environment is not found.
//
// The kernel gives orphans to the first thread of this process; children of worker threads stay
// with their thread. So the list of orphans is short and usually empty.
//
// Used by one thread at a time. `main` is not owned and must outlive the object.
class SessionTree {
 public:
  // `mark` is the instance's mark, or kNoMark.
  SessionTree(const MainProcess* main, std::string name, uint64_t mark);

  // True if any process that outlived its parent is alive, apart from the main process; also true
  // if the machine lacks the resources to tell. Covers the whole tree only after the main process
  // has ended. Makes three system calls if there are no orphans.
  bool HasOrphans() const;

  // True if a live process is the main process or belongs to its tree. Also false if the machine
  // lacks the resources to tell.
  bool Contains(pid_t process) const;

  // Returns the number of live processes in the tree, excluding the main process. Too low if the
  // machine lacks the resources to tell.
  int CountAlive() const;

  // Records the members of the tree for Signal. Call before a signal that may end the main process:
  // while it ends, its children are briefly in no list. Returns an error if some may not have been
  // found.
  absl::Status Note();

  // Sends a signal once to every process of the tree except the main process, through pidfds opened
  // before the processes are inspected. Repeats until no new process appears, up to a fixed number
  // of rounds. Returns an error if some may not have received the signal.
  absl::Status Signal(int signal);

 private:
  // Identifies a process by pid and start time, because the pid alone may be reused before the next
  // scan.
  using Identity = std::pair<pid_t, int64_t>;

  // Called for each member with its pidfd.
  using Visitor = absl::FunctionRef<absl::Status(const ProcessStat& stat, int pidfd)>;

  // Returns an error if it cannot tell.
  absl::StatusOr<bool> IsOurOrphan(const ProcessStat& stat) const;
  // Like IsOurOrphan, for an orphan that is not in `known_` and whose session proves nothing.
  absl::StatusOr<bool> IsOursByWitness(const ProcessStat& stat, bool in_session) const;
  bool AnyMayBeAliveAmong(const std::vector<pid_t>& orphans) const;

  // These functions continue after an error and return the first one: an error of the visitor, or
  // that some members may not have been found.
  absl::Status VisitAll(Visitor visitor) const;
  // Visits the members of `known_` that are not in `visited`.
  absl::Status VisitKnown(const std::set<Identity>& visited, Visitor visitor);
  absl::Status VisitOrphans(Visitor visitor) const;
  absl::Status VisitOrphan(pid_t pid, Visitor visitor) const;
  absl::Status VisitChildren(pid_t parent, int parent_pidfd, int depth, Visitor visitor) const;
  absl::Status VisitChild(pid_t pid, pid_t parent, int parent_pidfd, int depth,
                          Visitor visitor) const;

  const MainProcess* const main_;
  const std::string name_;
  const uint64_t mark_;
  // Processes found to belong to the tree. A process that is ending may already have lost its
  // environment, so it could not be identified again.
  std::set<Identity> known_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_SESSION_TREE_H_
