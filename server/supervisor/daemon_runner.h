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
#include "server/supervisor/lifecycle.h"
#include "server/supervisor/live_instance.h"
#include "server/supervisor/waiters.h"
#include "server/throttle/restart_throttle.h"

namespace hob {

// Keeps one daemon as it ought to be: takes commands, notices what happens to the instance, asks
// the throttle, starts and stops. It has no thread and never waits: whoever drives it calls Handle
// for each command, and Step whenever one of its descriptors is ready or its deadline has come;
// Step may be called at any other time too, and then does nothing. That is what makes it run on a
// fake kernel and a simulated clock.
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

  // Whether the daemon has ended for good, after kRemove or kShutDown: nothing may be handled from
  // then on. What survives KILL holds up a removal, for there is never a second instance, but not
  // the end of the server: its successor looks for it.
  bool finished() const { return finished_; }

  // The answer to whatever else is asked once kRemove or kShutDown was handled.
  const absl::Status& refusal() const { return refusal_; }

 private:
  // A timer that is off.
  static constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

  // What follows once nothing of the present instance is left.
  enum class Next {
    // What the throttle decides.
    kAsDecided,
    kStayStopped,
    kStartAgain,
    kFinish,
  };

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
  // Puts the configuration in force that an earlier reload could not start, if there is one.
  void TakePendingSpec();

  // Answers at once, or when `what` comes true.
  void AnswerWhen(Waiters::For what, const char* name, Command command);
  static void AnswerNow(const Command& command, const absl::StatusOr<DaemonSnapshotPtr>& outcome);

  // Starts: at once for an operator, else as soon as the machine's budget allows.
  void StartSoon(const std::string& reason, bool operator_asks);
  // The same, once nothing of the present instance is left.
  void StartAgainWhenGone(const std::string& reason, bool operator_asks);
  // The time of the next start has come.
  void StartIsDue();
  void Launch();
  // Has what a dead server left running of the daemon keep its place until it is gone, and
  // publishes that; false where there is nothing.
  bool TakeLeftover();
  void SpawnFailed(SpawnFailure failure);
  void Spawned();
  // Decides when the instance counts as up; at once where nothing is asked of it.
  void ExpectReadiness();
  void ExpectReadinessInTime();
  void CameUp();

  void LookAtReadiness();
  void TellLogProblem();
  // The instance says which of its processes is the main process.
  void TakeMainPid(pid_t pid);
  void ExtendTimeout(absl::Duration by);
  // The instance showed a sign of life.
  void HearFromWatchdog();
  // Ends the instance with `signal` because it was found wanting: a failure, whatever its exit
  // code.
  void Condemn(const std::string& verdict, int signal);
  void CancelTimersOfInstance();

  // Asks the instance to end; next_ says what follows. Precondition: there is one.
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
  void RestStopped();

  // The last line of stderr of a run that failed; empty for any other.
  std::string LastWordsOf(const ExitReport& report);
  // Nothing is to come any more; after a removal the daemon is forgotten everywhere.
  void BeFinished();

  // Reports an end that nobody asked for to the throttle.
  ThrottleDecision Report(const ExitReport& report);
  void Obey(const ThrottleDecision& decision);

  void LookAtTime();
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

  // What follows once nothing of the instance is left; with kAsDecided, the decision, made when the
  // main process ended.
  Next next_ = Next::kAsDecided;
  ThrottleDecision decision_;
  // With kStartAgain.
  std::string again_reason_;
  bool again_by_operator_ = false;
  // Why hob itself ends the instance; empty when it does not.
  std::string verdict_;
  // How many processes of the present instance were killed while its main process was alive.
  int killed_processes_ = 0;
  // Why the daemon will rest STOPPED.
  std::string stop_reason_;
  // Once the daemon is to end for good: the answer to whatever else is asked, and whether that is
  // because it was removed.
  absl::Status refusal_;
  bool removed_ = false;
  // An operator has said whether it is to be up: the configuration's own wish comes too late.
  bool told_by_operator_ = false;
  // A restart is under way: others join it.
  bool restarting_ = false;
  bool finished_ = false;

  // The latest configuration, while the instance keeps running with its former one because a new
  // instance could not start; else null. Automatic starts use the former one; a command of an
  // operator, or a reload, tries this one again.
  std::shared_ptr<const DaemonSpec> pending_spec_;

  // Of the next start.
  MonotonicTime start_at_ = kNever;
  std::string start_reason_;
  // What lets it come, when it follows a failure.
  absl::optional<RestartReason> start_after_failure_;
  // The machine's budget has granted it, or need not.
  bool start_granted_ = false;
  // It is a trial of a daemon that was given up.
  bool start_is_trial_ = false;

  // Of the present instance: when it counts as up, when it should have been ready (and what is said
  // if it is not), when its watchdog runs out, and when its trial is won.
  MonotonicTime up_at_ = kNever;
  MonotonicTime unready_at_ = kNever;
  std::string unready_verdict_;
  // Until when it has asked to be waited for; and whether it cannot become ready any more.
  MonotonicTime extended_until_;
  bool never_ready_ = false;
  MonotonicTime silent_at_ = kNever;
  MonotonicTime trial_won_at_ = kNever;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_DAEMON_RUNNER_H_
