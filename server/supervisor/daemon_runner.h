#ifndef HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_
#define HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/journal/journal.h"
#include "server/output/daemon_output.h"
#include "server/process/process.h"
#include "server/readiness/readiness_watch.h"
#include "server/registry/registry.h"
#include "server/supervisor/child_request.h"
#include "server/supervisor/command.h"
#include "server/supervisor/instance_watch.h"
#include "server/supervisor/lifecycle.h"
#include "server/supervisor/live_instance.h"
#include "server/supervisor/pending_start.h"
#include "server/supervisor/runner_state.h"
#include "server/supervisor/succession.h"
#include "server/supervisor/waiters.h"
#include "server/throttle/restart_throttle.h"

namespace hob {

// Keeps one daemon up or down as it is told: takes commands, looks at the instance, asks the
// throttle, starts and stops. It has no thread and never waits: its driver calls Handle for each
// command, and Step when one of its descriptors is ready or its deadline has come; Step may be
// called at any other time too, and then does nothing. So tests run it on a fake kernel and a
// simulated clock.
//
// PendingStart, InstanceWatch and Succession remember what is to come, LiveInstance owns the
// processes, and Lifecycle what is told of the daemon; the runner has them act on each other.
//
// Not thread-safe: belongs to the daemon's worker.
class DaemonRunner {
 public:
  // What a runner works with; everything outlives it.
  struct Context {
    const Clock* clock = nullptr;
    Spawner* spawner = nullptr;
    RestartThrottle* throttle = nullptr;
    Registry* registry = nullptr;
    Journal* journal = nullptr;
    // Where what daemons write goes; null: it is not kept.
    LogStore* logs = nullptr;
    ChildDefaults child_defaults;
  };

  // `context` outlives the runner. Publishes the daemon as STOPPED.
  DaemonRunner(std::shared_ptr<const DaemonSpec> spec, const Context& context);

  DaemonRunner(const DaemonRunner&) = delete;
  DaemonRunner& operator=(const DaemonRunner&) = delete;

  // Takes a command. What it asks for may go on after the return; command.done tells the outcome.
  void Handle(Command command);

  // Looks at the instance and at the time, and does what is due.
  void Step();

  // When Step must be called at the latest.
  MonotonicTime NextDeadline() const;

  // Adds what Step waits for.
  void AppendPollFds(std::vector<pollfd>& fds);

  // When the latest instance was spawned; of no meaning before the first.
  MonotonicTime last_spawned() const { return instance_.spawned().monotonic; }

  // Whether to handle kShutDown now takes next to no time: it is told and signals are sent. Else
  // processes are looked at, or what is left of the output is written.
  bool ShutsDownAtOnce() const { return instance_.is_asked_at_once(); }

  // True once the daemon has ended for good, after kRemove or kShutDown; it takes no command from
  // then on. A process that survives KILL holds up a removal, because there is never a second
  // instance, but not the end of the server: the next server looks for it.
  bool finished() const { return succession_.finished(); }

  // Returns the answer to any further command once kRemove or kShutDown was handled; OK before.
  absl::Status refusal() const;

  // Returns everything that the runner knows, for another one to go on from.
  RunnerState state() const;

 private:
  void Start(Command command);
  void Stop(Command command);
  void Restart(Command command);
  void Signal(const Command& command);
  void Boot(Command command);
  void Update(Command command);
  void Replace(Command command);
  void Finish(Command command);
  void Kill();

  // True if an instance is up, or coming up, so that a restart would end it.
  bool IsUp() const;
  // Returns why a new instance of `spec` is certain not to start, as far as that can be known
  // before the present one is stopped; absent when it may start.
  absl::optional<SpawnFailure> WhyItCannotStart(const DaemonSpec& spec) const;
  // No trial start comes any more, because the configuration says so.
  void DropTrial();
  // Puts the configuration in force that an earlier reload could not start, if there is one.
  void TakePendingSpec();

  // Answers at once, or when `what` comes true.
  void AnswerWhen(Waiters::For what, const char* name, Command command);
  static void AnswerNow(const Command& command, const absl::StatusOr<DaemonSnapshotPtr>& outcome);

  // Starts: at once for an operator, else as soon as the machine's budget allows.
  void StartSoon(const std::string& reason, bool by_operator);
  // The time of the next start has come.
  void StartIsDue();
  // The machine's budget grants the next start only later than now.
  void WaitForBudget(const Timestamp& now);
  void Launch();
  // Returns what went wrong.
  absl::optional<SpawnFailure> Spawn();
  // Has what a dead server left running of the daemon keep its place until it is gone, and
  // publishes that; false where there is nothing.
  bool TakeLeftover();
  void SpawnFailed(SpawnFailure failure, bool was_trial);
  void Spawned(const PendingStart::Start& start);
  void CameUp();

  void LookAtReadiness();
  void TellLogProblem();
  // The instance says which of its processes is the main process.
  void TakeMainPid(pid_t pid);
  void ExtendTimeout(absl::Duration by);
  // Ends the instance with `signal` because it was found wanting: a failure, whatever its exit
  // code.
  void Condemn(const std::string& verdict, int signal);

  // Asks the instance to end; succession_ says what follows. Precondition: there is one.
  void BeginStop(const std::string& reason);
  // Tells that the kernel has refused the signal that should end the instance, where it did.
  void TellRefusal();
  void LookAtInstance();
  // Tells that processes of the instance were killed.
  void Killed(const LiveInstance::Events& events);
  // Says what becomes of the processes that have outlived the main process.
  std::string AboutSurvivors() const;
  void MainEnded(const ReapedProcess& reaped);
  void InstanceGone();
  // KILL does not end the instance: nobody is made to wait for that.
  void InstanceHangs();
  void RestStopped(const std::string& reason);

  // The last line of stderr of a run that failed; empty for any other.
  std::string LastWordsOf(const ExitReport& report);
  // Nothing is to come any more; after a removal the daemon is forgotten everywhere.
  void BeFinished();

  // Reports an end that nobody asked for to the throttle.
  ThrottleDecision Report(const ExitReport& report);
  // `was_trial` says whether the run that ended was a trial.
  void Obey(const ThrottleDecision& decision, bool was_trial);

  void LookAtTime();
  void LookAtWatch(MonotonicTime now);
  void ClearHistory();
  void CancelStart();
  // What a line in the journal is about.
  Journal::Topic About(absl::string_view event) const;
  // "web[123]" while there is a process, else "web".
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
  // Why hob itself ends the instance; empty when it does not.
  std::string verdict_;
  // True once an operator has said whether it is to be up: the configuration's own wish comes too
  // late.
  bool told_by_operator_ = false;
  // True while a restart is under way: others join it.
  bool restarting_ = false;

  // The latest configuration, while the instance keeps running with its former one because a new
  // instance could not start; else null. Automatic starts use the former one; a command of an
  // operator, or a reload, tries this one again.
  std::shared_ptr<const DaemonSpec> pending_spec_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_
