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

// What a daemon's main process started, found without a control group: its descendants, and those
// orphans that came to this process as subreaper and belong to its session or bear its mark, with
// their descendants. An orphan that bears no mark at all belongs to it by HOB_DAEMON=NAME. A
// process that has left the session and the parent, and has set its own RLIMIT_LOCKS and cleared
// its environment, is not found.
//
// The kernel gives orphans to the first thread of this process, and children of worker threads stay
// theirs: the list of orphans is short, and mostly empty.
//
// Used by one thread at a time. `main` is not owned and outlives it.
class SessionTree {
 public:
  // `mark` is that of the instance, or kNoMark.
  SessionTree(const MainProcess* main, std::string name, uint64_t mark);

  // Whether anything but the main process is alive that outlived its parent; true also when the
  // machine is too short of something to tell. Only after the end of the main process is this all
  // that there can be. Three system calls when there is no orphan.
  bool HasOrphans() const;

  // Whether a live process is the main process or belongs to its tree. False also when the machine
  // is too short of something to tell.
  bool Contains(pid_t process) const;

  // Returns how many processes of the tree are alive, the main process apart; too few when the
  // machine is too short of something to tell.
  int CountAlive() const;

  // Takes note of everything of the tree, for Signal: to be called before a signal that the main
  // process may die of, because while it ends its children are in nobody's list for a moment. An
  // error says that some may not have been found.
  absl::Status Note();

  // Sends a signal to everything of the tree but the main process, once each, through pidfds that
  // are opened before the process is looked at. Goes on until no new process appears, within
  // reason. An error says that some may not have got it.
  absl::Status Signal(int signal);

 private:
  // A process that was seen: a pid alone may be another one by the time of the next look.
  using Identity = std::pair<pid_t, int64_t>;

  // Called for a member with its pidfd.
  using Visitor = absl::FunctionRef<absl::Status(const ProcessStat& stat, int pidfd)>;

  // An error when it cannot be told.
  absl::StatusOr<bool> IsOurOrphan(const ProcessStat& stat) const;
  // The same for one that is neither in the session nor known.
  absl::StatusOr<bool> IsOursByWitness(const ProcessStat& stat, bool in_session) const;
  bool AnyMayBeAliveAmong(const std::vector<pid_t>& orphans) const;

  // These go on after an error and return the first one: of the visitor's, or that some may not
  // have been found.
  absl::Status VisitAll(Visitor visitor) const;
  // Those of `known_` that are not among `visited`.
  absl::Status VisitKnown(const std::set<Identity>& visited, Visitor visitor);
  absl::Status VisitOrphans(Visitor visitor) const;
  absl::Status VisitOrphan(pid_t pid, Visitor visitor) const;
  absl::Status VisitChildren(pid_t parent, int parent_pidfd, int depth, Visitor visitor) const;
  absl::Status VisitChild(pid_t pid, pid_t parent, int parent_pidfd, int depth,
                          Visitor visitor) const;

  const MainProcess* const main_;
  const std::string name_;
  const uint64_t mark_;
  // What was found to belong to it. Of a process that is ending, and has lost its environment
  // already, it could not be told any more.
  std::set<Identity> known_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TREE_SESSION_TREE_H_
