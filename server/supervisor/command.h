#ifndef HOB_SERVER_SUPERVISOR_COMMAND_H_
#define HOB_SERVER_SUPERVISOR_COMMAND_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/daemon/caller.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/departure.h"

namespace hob {

// Tells a worker to do something. Commands in its mailbox are the only way to control a worker.
struct Command {
  enum class Kind {
    // From an operator.
    kStart,
    kStop,
    kRestart,
    kSignal,
    // From an operator: place `hold`, or end the present one.
    kHold,
    kRelease,
    // From the server: start the daemon as configured, within the machine's start budget.
    kBoot,
    // From a reload: take `spec`, which changes no setting that needs a new process.
    kUpdate,
    // From a reload: take `spec`, and restart the daemon if it is wanted. Fails with
    // FailedPrecondition (START_FAILED) if an instance is up and a new one is certain not to start;
    // the instance then keeps running with its former configuration. So does the instance of a held
    // daemon, until it ends; that is no failure.
    kReplace,
    // From a reload: take `spec` at the next start by a command or a roll, or at any start if the
    // daemon is held. Takes it at once if there is no instance and the daemon is STOPPED or EXITED,
    // or an operator has commanded its next start.
    kStage,
    // From a roll: like kRestart, but answered once the new instance has stayed ready, and healthy
    // if it has a check, for `min_ready_time`; with an error as soon as it ends or becomes
    // unhealthy. Fails with Aborted (OVERTAKEN) if the daemon is held, not wanted or EXITED.
    kRoll,
    // From a reload: stop, then end the worker.
    kRemove,
    // From the server: stop, then end the worker.
    kShutDown,
    // From the server: send KILL to the remains of an instance that is being stopped.
    kKill,
    // From the server: reopen the logs by their paths.
    kReopenLogs,
    // From the server: check again the daemons that this one waits for.
    kRecheck,
    // From the prober: `verdict` of the daemon's check.
    kVerdict,
  };

  // Receives the outcome: the daemon's snapshot at that time, or an error of server/errors.
  using Done = std::function<void(absl::StatusOr<DaemonSnapshotPtr>)>;

  Command(Kind what, Caller who) : kind(what), caller(std::move(who)) {}

  Kind kind;
  // The sender of the command.
  Caller caller;
  // Called exactly once, on the worker's thread or on a thread that posts a command to the worker.
  // Must not block and must not post kShutDown. May be null.
  Done done;
  // True if `done` is called as soon as the command is under way, instead of at its outcome.
  bool no_wait = false;
  // Time that `done` may wait for the outcome; after that it gets DEADLINE_EXCEEDED.
  absl::Duration timeout = absl::InfiniteDuration();
  // For kStart from an operator: true to start the daemons that it depends on first. For kStop:
  // true to stop the daemons that depend on it first.
  bool cascade = false;
  // For kRoll: true if it belongs to a reload, so that a start waits for the machine's budget.
  bool is_automatic = false;
  // For kSignal: the number of the signal, and true to send it to every process of the daemon.
  int signal = 0;
  bool signal_all = false;
  // For kHold; not null.
  std::shared_ptr<const Hold> hold;
  // For kUpdate, kReplace and kStage.
  std::shared_ptr<const DaemonSpec> spec;
  // For kVerdict.
  CheckVerdict verdict;
  // For commands that end an instance: announces its end; may be null.
  std::shared_ptr<const Departure> departure;
  // For commands that end an instance: dependents that are being ended too, and must end first.
  std::vector<AwaitedDeparture> ends_after;
  // For kBoot and kReplace: ends that the new instance must wait for.
  std::vector<AwaitedDeparture> starts_after;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_COMMAND_H_
