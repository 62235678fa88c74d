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

// The state of one daemon and all that is told of it: one method an event, and one function that
// moves, which checks every move against the table in daemon_state.h. Every change is published as
// a snapshot of its own, so that a watcher that keeps up misses none.
//
// Not thread-safe: belongs to the daemon's worker.
class Lifecycle {
 public:
  using Publish = std::function<void(DaemonSnapshotPtr)>;

  // Holds all that is told of a daemon, apart from its configuration. A plain value.
  struct State {
    // Its `spec` and `runs` are null.
    DaemonSnapshot daemon;
    // The ended runs, the latest first.
    std::vector<EndedRun> runs;
    // daemon.reason without the obstacle, and the obstacle to the instance's end; empty if there is
    // none.
    std::string reason;
    std::string obstacle;
  };

  // Begins STOPPED; not wanted. Nothing is published before the first call of PublishNow or the
  // first event.
  Lifecycle(std::shared_ptr<const DaemonSpec> spec, const Clock& clock, Publish publish);

  DaemonState state() const { return now_.state; }
  const DaemonSpec& spec() const { return *now_.spec; }
  bool wanted() const { return now_.wanted; }
  // All that is known, what was not yet published included.
  const DaemonSnapshot& now() const { return now_; }
  // Returns a copy of all that is known, without the configuration.
  State Remembered() const;
  // The latest snapshot that was published; never null.
  const DaemonSnapshotPtr& latest() const { return latest_; }

  void PublishNow();

  // Begins in CLEARING instead of STOPPED, because of what a dead server left running and KILL does
  // not end; `refusal` as for Hangs. Publishes it. Precondition: nothing was published.
  void BeginWithLeftover(const std::string& refusal);

  // The configuration changed.
  void SpecChanged(std::shared_ptr<const DaemonSpec> spec);
  // An operator or the configuration wants the daemon up or down; published where it changes,
  // because what follows may take its time.
  void SetWanted(bool wanted);
  // The throttle forgot the daemon's failures; published with the event that follows.
  void HistoryCleared() { now_.throttle = nullptr; }

  // A start begins. `restart` says what let it come, and counts it, when it follows a failure.
  void StartBegins(const std::string& reason, absl::optional<RestartReason> restart);
  // What is said of the pipes of an instance to come (DaemonNotes::small_pipe_bytes); published
  // with Spawned.
  void SetSmallPipe(int64_t bytes);
  // The child runs.
  void Spawned(pid_t pid);
  // Another process of the instance is the main process now.
  void MainPidChanged(pid_t pid);
  // The child says what it does.
  void SetStatusText(const std::string& text);
  // What the daemon writes cannot be kept, or (empty) can be again; published where it changes.
  void SetLogProblem(const std::string& problem);
  // The child is up, and ready where it tells.
  void BecameReady();
  // The child says that it is about to end by itself: it does not serve any more.
  void SaysItStops();
  // The instance is told to end.
  void StopBegins(const std::string& reason);
  // The main process ended, or was never there: counted once for each start.
  void Ended(ExitReport report, std::string last_stderr_line = "");
  // The kernel has refused the signal that should end the instance; `refusal` says why.
  void Refuses(const std::string& refusal);
  // KILL does not end the instance; `refusal` says why where the kernel refuses the signal, and is
  // empty where the process hangs.
  void Hangs(const std::string& refusal);
  // The main process has ended and something that it left behind is alive; `reason` says what
  // becomes of that.
  void ClearingBegins(const std::string& reason);
  // So many processes of the latest run were killed after its end was told; published with the next
  // event.
  void KilledAfterwards(int processes);
  // Nothing is left and the daemon is to stay down.
  void Stopped(const std::string& reason);
  // Another attempt comes at once: the throttle said so.
  void StartsAgain(const ThrottleDecision& decision);
  // BACKOFF until decision.next_attempt.
  void Waits(const ThrottleDecision& decision);
  // HALTED.
  void GivenUp(const ThrottleDecision& decision);
  // EXITED.
  void LeftExited(const ThrottleDecision& decision);
  // HALTED, and no trial start comes any more.
  void NoTrialComes();
  // Tells something new of the present state; what keeps the instance from ending stays said.
  void Remark(const std::string& reason);

 private:
  // The one place where the state changes. An illegal move is a bug: fatal in debug builds, an
  // error in the log else.
  void MoveTo(DaemonState to, const std::string& reason);
  void Note(const ThrottleDecision& decision);
  static std::string WhyDecided(const DaemonSnapshot& now, const ThrottleDecision& decision);

  const Clock& clock_;
  const Publish publish_;
  // now_.reason without what keeps the instance from ending, and that; empty while nothing does.
  std::string reason_;
  std::string obstacle_;
  // The snapshot in the making.
  DaemonSnapshot now_;
  DaemonSnapshotPtr latest_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_LIFECYCLE_H_
