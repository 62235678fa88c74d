#ifndef HOB_SERVER_SUPERVISOR_COMMAND_H_
#define HOB_SERVER_SUPERVISOR_COMMAND_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/daemon/caller.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// Tells a worker what to do. A worker's mailbox takes nothing else, and there is no other way to a
// worker.
struct Command {
  enum class Kind {
    // From an operator.
    kStart,
    kStop,
    kRestart,
    kSignal,
    // From the server: start because the configuration says so, within the machine's budget.
    kBoot,
    // From a reload: take `spec`, which changes nothing that needs a new process.
    kUpdate,
    // From a reload: take `spec`, and start afresh if the daemon is wanted. FailedPrecondition
    // (START_FAILED) when an instance is up and a new one is certain not to start: it keeps running
    // with its former configuration.
    kReplace,
    // From a reload: stop, then end the worker.
    kRemove,
    // From the server: stop, then end the worker.
    kShutDown,
    // From the server: KILL what is left of an instance that is being stopped.
    kKill,
    // From the server: open the logs anew, by their paths.
    kReopenLogs,
  };

  // Gets the outcome: the daemon as it is then, or an error of server/errors.
  using Done = std::function<void(absl::StatusOr<DaemonSnapshotPtr>)>;

  Command(Kind what, Caller who) : kind(what), caller(std::move(who)) {}

  Kind kind;
  // The one that the command comes from.
  Caller caller;
  // Called exactly once, on the worker's thread or on one that posts a command to the worker; it
  // must not block, nor post kShutDown. May be null.
  Done done;
  // True if `done` is called as soon as the command is under way rather than at its outcome.
  bool no_wait = false;
  // How long `done` may wait for the outcome before it gets DEADLINE_EXCEEDED.
  absl::Duration timeout = absl::InfiniteDuration();
  // For kSignal: the number; true if it goes to everything that the daemon started.
  int signal = 0;
  bool signal_all = false;
  // For kUpdate and kReplace.
  std::shared_ptr<const DaemonSpec> spec;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_COMMAND_H_
