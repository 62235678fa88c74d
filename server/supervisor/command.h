#ifndef HOB_SERVER_SUPERVISOR_COMMAND_H_
#define HOB_SERVER_SUPERVISOR_COMMAND_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// What a worker is told to do. The mailbox of a worker takes nothing else: it is the only way to
// it.
struct Command {
  enum class Kind {
    // Of an operator; contract sections 3 and 4.
    kStart,
    kStop,
    kRestart,
    kSignal,
    // Of the server: start because the configuration says so, within the machine's budget.
    kBoot,
    // Of a reload: take `spec`, which changes nothing that needs a new process.
    kUpdate,
    // Of a reload: take `spec`, and start afresh if the daemon is wanted. FailedPrecondition
    // (START_FAILED) when an instance is up and a new one is certain not to start: it keeps running
    // with its former configuration.
    kReplace,
    // Of a reload: stop, then end the worker.
    kRemove,
    // Of the server: stop, then end the worker.
    kShutDown,
    // Of the server: KILL what is left of an instance that is being stopped.
    kKill,
    // Of the server: open the logs anew, by their paths.
    kReopenLogs,
  };

  // The outcome: the daemon as it is then, or an error of server/errors.
  using Done = std::function<void(absl::StatusOr<DaemonSnapshotPtr>)>;

  Kind kind = Kind::kStart;
  // Called exactly once, on the worker's thread or on one that posts a command to the worker; it
  // must not block, nor post kShutDown. May be null.
  Done done;
  // Whether `done` is called as soon as the command is under way rather than at its outcome.
  bool no_wait = false;
  // How long `done` may wait for the outcome before it gets DEADLINE_EXCEEDED.
  absl::Duration timeout = absl::InfiniteDuration();
  // kSignal: the number, and whether it goes to everything that the daemon started.
  int signal = 0;
  bool signal_all = false;
  // kUpdate and kReplace.
  std::shared_ptr<const DaemonSpec> spec;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_COMMAND_H_
