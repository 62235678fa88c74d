#ifndef HOB_SERVER_SUPERVISOR_LIFECYCLE_H_
#define HOB_SERVER_SUPERVISOR_LIFECYCLE_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/clock/clock.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// Holds and publishes the state of one daemon. Has one method for each event, and one function that
// checks every change of state against the table in daemon_state.h. Publishes each change as its
// own snapshot, so a watcher that keeps up misses none.
//
// Not thread-safe: belongs to the daemon's worker.
class Lifecycle {
 public:
  using Publish = std::function<void(DaemonSnapshotPtr)>;

  // The published facts about a daemon, without its configuration. A plain value.
  struct State {
    // Its `spec`, `pending_spec` and `runs` are null.
    DaemonSnapshot daemon;
    // The ended runs, the latest first.
    std::vector<EndedRun> runs;
    // daemon.reason without the obstacle, and the obstacle to the instance's end; the obstacle is
    // empty if nothing prevents the end.
    std::string reason;
    std::string obstacle;
  };

  // Begins as STOPPED and not wanted. Publishes nothing before the first event or call of
  // PublishNow.
  Lifecycle(std::shared_ptr<const DaemonSpec> spec, const Clock& clock, Publish publish);

  DaemonState state() const { return now_.state; }
  const DaemonSpec& spec() const { return *now_.spec; }
  bool wanted() const { return now_.wanted; }
  // Returns the present facts, including those not yet published.
  const DaemonSnapshot& now() const { return now_; }
  // Returns a copy of the present facts, without the configuration.
  State Remembered() const;
  // Returns the latest published snapshot; never null.
  const DaemonSnapshotPtr& latest() const { return latest_; }

  void PublishNow();

  // Begins in CLEARING instead of STOPPED, because a dead server left processes that KILL does not
  // end; `refusal` as for Hangs. Publishes. Precondition: nothing was published.
  void BeginWithLeftover(const std::string& refusal);

  // Takes a new configuration, which also applies to the present instance; drops a pending one.
  // Resets the health if the check changed.
  void SpecChanged(std::shared_ptr<const DaemonSpec> spec);
  // Sets the pending configuration and when it is taken. Published with the next event.
  void SetPendingSpec(std::shared_ptr<const DaemonSpec> spec, PendingUntil until);
  // Makes the pending configuration that of the next instance. Precondition: there is one.
  void TakePendingSpec();
  // Notes that an operator or the configuration wants the daemon up or down. Publishes a change
  // immediately, because the next event may take a while.
  void SetWanted(bool wanted);
  // Notes a command that changes the daemon; published with the next event.
  void Commanded(CommandRecord command);
  // Sets or, with null, ends the hold, and publishes that.
  void SetHold(std::shared_ptr<const Hold> hold);
  // Notes that the throttle forgot the daemon's failures; published with the next event.
  void HistoryCleared() { now_.throttle = nullptr; }

  // A start begins. `restart` is its reason if it follows a failure; the restart is then counted.
  void StartBegins(const std::string& reason, absl::optional<RestartReason> restart);
  // Notes the pipe size of the next instance (DaemonNotes::small_pipe_bytes); published with
  // Spawned.
  void SetSmallPipe(int64_t bytes);
  // The child runs.
  void Spawned(pid_t pid);
  // Another process of the instance is now the main process.
  void MainPidChanged(pid_t pid);
  // The child sent a new status text.
  void SetStatusText(const std::string& text);
  // The daemon's output cannot be kept, because of `problem`; empty: it can again. Publishes a
  // change.
  void SetLogProblem(const std::string& problem);
  // The child is up, and ready if it reports readiness.
  void BecameReady();
  // Sets the health by the check; a `reason` that is not empty becomes the state's reason.
  void SetHealth(DaemonHealth health, const std::string& reason = "");
  // The child says that it is about to end by itself; it is no longer ready.
  void SaysItStops();
  // The instance was asked to end.
  void StopBegins(const std::string& reason);
  // The main process ended, or could not be spawned. Called once for each start.
  void Ended(ExitReport report, std::string last_stderr_line = "");
  // The kernel refused the signal meant to end the instance; `refusal` is the reason.
  void Refuses(const std::string& refusal);
  // KILL does not end the instance. `refusal` is the reason if the kernel refuses the signal; empty
  // if the process hangs.
  void Hangs(const std::string& refusal);
  // The main process has ended and left live processes behind; `reason` describes their fate.
  void ClearingBegins(const std::string& reason);
  // Adds to the number of killed processes of the latest run, after its end was published.
  // Published with the next event.
  void KilledAfterwards(int processes);
  // No process is left, and the daemon stays down.
  void Stopped(const std::string& reason);
  // The throttle decided to start the daemon again immediately.
  void StartsAgain(const ThrottleDecision& decision);
  // The throttle decided to wait: BACKOFF until decision.next_attempt.
  void Waits(const ThrottleDecision& decision);
  // A start is due, and waits for `blockers`, for removed daemons, or for the end of the hold:
  // WAITING.
  void WaitsFor(std::vector<Dependency> blockers, bool awaits_release, const std::string& reason);
  // A trial start is due and waits: the daemon stays HALTED.
  void TrialWaits(const std::string& reason);
  // The daemon was told to end, for `reason`, and `others` must end first. Publishes a change.
  void EndsAfter(const std::vector<std::string>& others, const std::string& reason);
  // The end that waited for others was cancelled; published with the next event.
  void EndIsCancelled() { now_.awaits_dependents = false; }
  // The throttle gave the daemon up: HALTED.
  void GivenUp(const ThrottleDecision& decision);
  // The daemon is left as it ended: EXITED.
  void LeftExited(const ThrottleDecision& decision);
  // The daemon stays HALTED, without any more trial starts.
  void NoTrialComes();
  // Replaces the reason of the present state; keeps the obstacle to the instance's end.
  void Remark(const std::string& reason);

 private:
  // Replaces the configuration, and resets the health if the check changed.
  void SetSpec(std::shared_ptr<const DaemonSpec> spec);
  // Changes the state. All changes of state go through this function. An illegal move is a bug:
  // fatal in debug builds, otherwise an error in the log.
  void MoveTo(DaemonState to, const std::string& reason);
  // Resets the health to that before any verdict.
  void ForgetHealth();
  void Note(const ThrottleDecision& decision);
  static std::string WhyDecided(const DaemonSnapshot& now, const ThrottleDecision& decision);

  const Clock& clock_;
  const Publish publish_;
  // now_.reason without the obstacle to the instance's end, and the obstacle; empty without one.
  std::string reason_;
  std::string obstacle_;
  // The next snapshot to publish.
  DaemonSnapshot now_;
  DaemonSnapshotPtr latest_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_LIFECYCLE_H_
