#ifndef HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_
#define HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/checks/prober.h"
#include "server/clock/clock.h"
#include "server/journal/journal.h"
#include "server/output/daemon_output.h"
#include "server/process/live_instance.h"
#include "server/process/process.h"
#include "server/readiness/readiness_watch.h"
#include "server/registry/registry.h"
#include "server/supervisor/change_waits.h"
#include "server/supervisor/child_request.h"
#include "server/supervisor/command.h"
#include "server/supervisor/hold_store.h"
#include "server/supervisor/instance_watch.h"
#include "server/supervisor/lifecycle.h"
#include "server/supervisor/pending_start.h"
#include "server/supervisor/relations.h"
#include "server/supervisor/runner_state.h"
#include "server/supervisor/succession.h"
#include "server/supervisor/waiters.h"
#include "server/throttle/restart_throttle.h"

namespace hob {

// Keeps one daemon up or down, as commands and the configuration say: handles commands, watches the
// instance, asks the throttle, starts and stops. Has no thread and never waits: its driver calls
// Handle for each command, and Step when a descriptor is ready or the deadline has passed. A call
// of Step at any other time does nothing. Tests can therefore run it on a fake kernel and a
// simulated clock.
//
// PendingStart, InstanceWatch and Succession hold the plans, LiveInstance owns the processes, and
// Lifecycle publishes the state; the runner connects them.
//
// Not thread-safe: belongs to the daemon's worker.
class DaemonRunner {
 public:
  // The services that a runner uses. All of them outlive the runner.
  struct Context {
    const Clock* clock = nullptr;
    Spawner* spawner = nullptr;
    RestartThrottle* throttle = nullptr;
    Registry* registry = nullptr;
    Journal* journal = nullptr;
    ChangeWaits* waits = nullptr;
    // Checks the daemons; null checks none.
    Prober* prober = nullptr;
    // Stores the holds; null keeps them only in the runner.
    HoldStore* holds = nullptr;
    // Stores the daemons' output; null discards it.
    LogStore* logs = nullptr;
    ChildDefaults child_defaults;
  };

  // Publishes the daemon as STOPPED, or as CLEARING if a dead server left a process of it.
  // `context` outlives the runner.
  DaemonRunner(std::shared_ptr<const DaemonSpec> spec, const Context& context);

  DaemonRunner(const DaemonRunner&) = delete;
  DaemonRunner& operator=(const DaemonRunner&) = delete;

  // Handles a command. The work may continue after the return; command.done receives the outcome.
  void Handle(Command command);

  // Checks the instance and the clock, and does everything that is due.
  void Step();

  // Returns the latest time for the next call of Step.
  MonotonicTime NextDeadline() const;

  // Appends the descriptors that Step waits for.
  void AppendPollFds(std::vector<pollfd>& fds);

  // Returns the time of the latest spawn; meaningless before the first.
  MonotonicTime last_spawned() const { return instance_.spawned().monotonic; }

  // True once the daemon has ended for good, after kRemove or kShutDown; the runner then accepts no
  // commands. A process that survives KILL blocks a removal, because a daemon never has two
  // instances, but not a shutdown: the next server looks for the process.
  bool finished() const { return succession_.finished(); }

  // Returns the error for all further commands once kRemove or kShutDown was handled; OK before.
  absl::Status refusal() const;

  // Returns the complete state of the runner, so that another runner can continue from it.
  RunnerState state() const;

 private:
  // Notes a command that changes the daemon, unless the server itself sends it.
  void Record(const Command& command);
  void Dispatch(Command command);
  void Start(Command command);
  void Stop(Command command);
  void Restart(Command command);
  void Signal(const Command& command);
  void PlaceHold(const Command& command);
  void Release(Command command);
  void Boot(Command command);
  void Update(Command command);
  void Replace(Command command);
  void Stage(Command command);
  void Finish(Command command);
  void Kill();
  void Recheck();

  // True if an instance is up or starting, so that a restart would end it.
  bool IsUp() const;
  // Returns the reason why a new instance of `spec` is certain not to start, as far as it can be
  // known before the present instance is stopped; absent if it may start.
  absl::optional<SpawnFailure> WhyItCannotStart(const DaemonSpec& spec) const;
  // Cancels trial starts, because the configuration now excludes them.
  void DropTrial();
  bool HasPendingSpec() const { return lifecycle_.now().pending_spec != nullptr; }
  // True if there is a pending configuration, and `occasion` is when it is taken.
  bool IsPendingUntil(PendingUntil occasion) const {
    return HasPendingSpec() && lifecycle_.now().pending_until == occasion;
  }
  // Applies the pending configuration, if there is one.
  void TakePendingSpec();
  // The same, unless it is certain not to start; then logs that.
  void TakePendingSpecIfItCanStart();

  // Answers after `event`; with `no_wait`, once the command is under way.
  void AnswerWhen(Waiters::Event event, const char* name, Command command);
  static void AnswerNow(const Command& command, const absl::StatusOr<DaemonSnapshotPtr>& outcome);

  // Plans a start: immediately for an operator, otherwise as soon as the machine's budget allows.
  void StartSoon(const std::string& reason, bool by_operator);
  // Called when the time of the next start has come.
  void StartIsDue();
  // Returns true if the start, which is due, must wait for the release or for other daemons;
  // publishes that.
  bool MustWait();
  // Publishes that the start waits: for `unmet` dependencies, for the release, or else for the end
  // of other daemons.
  void TellWait(const std::vector<Dependency>& unmet, bool awaits_release,
                const std::string& reason);
  // Answers callers that wait for a start with an error, because only a command can bring it about.
  void AnswerStuck(const std::string& why);
  // Returns the latest snapshot of a daemon.
  DaemonSnapshotPtr Find(const std::string& name) const { return context_.registry->Find(name); }
  // Waits in BACKOFF, because the machine's budget grants the next start later than `now`.
  void WaitForBudget(const Timestamp& now);
  void Launch();
  // Returns the failure; absent on success.
  absl::optional<SpawnFailure> Spawn();
  // Takes over processes that a dead server left running, as an instance that blocks new ones until
  // it is gone, and publishes it. Returns false if there are no such processes.
  bool TakeLeftover();
  void SpawnFailed(SpawnFailure failure, bool was_trial);
  void Spawned(const PendingStart::Start& start);
  void CameUp();

  void LookAtReadiness();
  void TellLogProblem();
  // Makes `pid` the main process, as the instance asked.
  void TakeMainPid(pid_t pid);
  void ExtendTimeout(absl::Duration by);
  // Begins to check the instance, if its configuration has a check.
  void BeginChecks();
  void EndChecks();
  // Called when the daemon's check has changed.
  void CheckChanged();
  // Takes a verdict of the check; ignores one on an earlier instance.
  void TakeVerdict(const CheckVerdict& verdict);
  // Ends the instance with `signal` because it misbehaved. Counts as a failure, whatever its exit
  // code. Leaves the instance of a held daemon alone, and only publishes the verdict.
  void FailInstance(const std::string& verdict, int signal);

  bool IsHeld() const { return lifecycle_.now().hold != nullptr; }
  // Publishes and logs that the instance is left alone, because the daemon is held; `why` is the
  // reason to end it.
  void LeaveAlone(const std::string& why);
  // Cancels a stop that still waits for other daemons, unless an operator commanded it.
  void CancelAutomaticStop();
  void EndHold();
  // Ends the hold if it has expired.
  void LookAtHold(const Timestamp& now);
  // Returns the latest time for the next call of LookAtHold.
  MonotonicTime HoldDeadline() const;

  // Asks the instance to end once `ends_after` and the daemons that restart with this one have
  // ended; succession_ holds the next step. Precondition: an instance exists.
  void BeginStop(const std::string& reason, std::vector<AwaitedDeparture> ends_after = {});
  // Asks the instance to end now.
  void StopNow(const std::string& reason);
  // Continues a stop that waits for other daemons, if they have ended.
  void ContinueHeldStop();
  // Ends the instance if a partner's instance has ended, or is about to. Only reports that if the
  // daemon is held.
  void EndWithPartner();
  // Publishes that the kernel refused the signal meant to end the instance, if it did.
  void TellRefusal();
  void LookAtInstance();
  // Reports that processes of the instance were killed.
  void Killed(const LiveInstance::Events& events);
  // Describes the fate of the processes that outlived the main process.
  std::string AboutSurvivors() const;
  void MainEnded(const ReapedProcess& reaped);
  void InstanceGone();
  // Answers all waiters with an error, because KILL does not end the instance.
  void InstanceHangs();
  void RestStopped(const std::string& reason);

  // Returns the last line of stderr of a failed run; empty for any other.
  std::string LastWordsOf(const ExitReport& report);
  // Ends the runner for good; after a removal, erases the daemon everywhere.
  void BeFinished();

  // Reports an unrequested end to the throttle.
  ThrottleDecision Report(const ExitReport& report);
  // Carries out `decision`. `was_trial` is true if the run that ended was a trial.
  void Obey(const ThrottleDecision& decision, bool was_trial);

  void LookAtTime();
  // Answers callers that wait for the daemon to stay ready.
  void LookAtSteadiness(MonotonicTime now);
  void LookAtWatch(MonotonicTime now);
  // Returns the verdict on an instance that was not ready in time, with what its check found last.
  std::string WhyNotReady(const std::string& verdict) const;
  void ClearHistory();
  void CancelStart();
  // Returns the topic for a line in the journal.
  Journal::Topic About(absl::string_view event) const;
  // Returns "web[123]" while the daemon has a process, otherwise "web".
  std::string Tag() const;

  const Context& context_;
  Lifecycle lifecycle_;
  LiveInstance instance_;
  ReadinessWatch readiness_;
  DaemonOutput output_;
  Waiters waiters_;
  PendingStart start_;
  InstanceWatch watch_;
  Succession succession_;
  Relations relations_;
  // The number of the check of the current instance; 0 if none has begun.
  int64_t check_ = 0;
  // The reason why hob itself ends the instance; empty if it does not.
  std::string verdict_;
  // True once an operator has commanded the daemon up or down; kBoot then does nothing.
  bool told_by_operator_ = false;
  // True while a restart is under way; further restarts join it.
  bool restarting_ = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_
