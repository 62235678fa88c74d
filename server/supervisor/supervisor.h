#ifndef HOB_SERVER_SUPERVISOR_SUPERVISOR_H_
#define HOB_SERVER_SUPERVISOR_SUPERVISOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/daemon/caller.h"
#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"
#include "server/supervisor/roll.h"
#include "server/supervisor/thread_worker.h"
#include "server/supervisor/worker.h"

namespace hob {

// The outcome of a reload for one daemon. A plain value.
struct DaemonOutcome {
  // The daemon's state at the end of the reload.
  DaemonState state = DaemonState::kStopped;
  // The reason why the plan was not carried out for this daemon, as a sentence with its name; empty
  // if it was, or if the start only waits for the machine's budget.
  std::string failure;
};

// The result of a reload. A plain value.
struct AppliedPlan {
  Plan plan;
  // The changed daemons that still exist, by name.
  std::map<std::string, DaemonOutcome> outcomes;
};

// Owns the workers, one for each daemon: starts them, forwards commands, applies reloads and stops
// them. Must not depend on gRPC.
//
// Order of calls: Populate, Boot, then Post and Apply at will, BeginShutDown. Thread-safe; Apply is
// called by one thread at a time.
class Supervisor {
 public:
  // `context` and `workforce` outlive the supervisor.
  Supervisor(const DaemonRunner::Context& context, Config config,
             Workforce& workforce = ThreadWorkforce::Get());
  // Stops all running daemons and waits for the workers.
  ~Supervisor();

  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Makes a worker for every daemon of the configuration; starts no daemon. ResourceExhausted
  // (NO_ROOM) if the machine has no room for the workers.
  absl::Status Populate() ABSL_LOCKS_EXCLUDED(mu_);

  // Starts the daemons that the configuration wants up. Returns immediately.
  void Boot() ABSL_LOCKS_EXCLUDED(mu_);

  // Forwards an operator's command to the daemon `name`, and to its relatives where the command
  // includes them. If no worker can take the command,
  // command.done gets NotFound (DAEMON_NOT_FOUND) or Unavailable (SHUTTING_DOWN). Never blocks.
  void Post(const std::string& name, Command command) ABSL_LOCKS_EXCLUDED(mu_);

  // Begins to replace the instances of the set `name`, or the daemon `name`: all, or only those
  // whose configuration is outdated. Ends an earlier roll of the set, and is ended by a hold of one
  // of the daemons and by a reload that affects the set. `on_event` is called after each event, on
  // any thread; it must not block. NotFound (DAEMON_NOT_FOUND), Unavailable (SHUTTING_DOWN).
  absl::StatusOr<std::shared_ptr<const Roll>> BeginRoll(const std::string& name,
                                                        const Caller& caller, bool outdated_only,
                                                        std::function<void()> on_event)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Returns NotFound (DAEMON_NOT_FOUND) with similar names, or with the instances of the set
  // `name`; Unavailable (SHUTTING_DOWN) once the server is stopping.
  absl::Status WhyNotFound(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the changes that Apply would make.
  Plan PlanFor(const Config& wanted) const ABSL_LOCKS_EXCLUDED(mu_);

  // Makes `wanted` the configuration in force. Blocks until the removed daemons have ended and
  // every start was tried. Does not wait for a process that survives KILL; its daemon stays known
  // until the process is gone. A daemon whose instance is up, and whose new configuration is
  // certain not to start, keeps running with its former configuration; the next plan compares with
  // that one. Begins the rolls of sets that need new processes; they go on after the return.
  //
  // Changes nothing if it returns ResourceExhausted (NO_ROOM), or FailedPrecondition (UNKILLABLE),
  // which means that a process of an earlier daemon with the name of a new one survives KILL.
  // Returns Unavailable (SHUTTING_DOWN) if the server is stopping.
  // The changed daemons note `caller`.
  absl::StatusOr<AppliedPlan> Apply(Config wanted, const Caller& caller = Caller::Server())
      ABSL_LOCKS_EXCLUDED(mu_);

  // Returns 1 at first, and 1 more after each Apply.
  int64_t generation() const ABSL_LOCKS_EXCLUDED(mu_);

  // Stops all daemons in parallel, and accepts no more commands. Calls `done` once, on any thread,
  // when they have ended; with false if a process survives KILL. Later calls do nothing.
  void BeginShutDown(const std::function<void(bool all_gone)>& done) ABSL_LOCKS_EXCLUDED(mu_);

  // Reopens the logs of every daemon by their paths. Returns immediately.
  void ReopenLogs() ABSL_LOCKS_EXCLUDED(mu_);

  // Kills all processes of the daemons that are being stopped.
  void KillAll() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Shared with calls of Post in progress, which use a worker without the lock.
  using Workers = std::map<std::string, std::shared_ptr<Worker>>;
  // The answers to the commands of a reload, by daemon.
  using Answers = std::map<std::string, absl::StatusOr<DaemonSnapshotPtr>>;

  // Forgets the holds on daemons that are not among `names`.
  void ForgetOtherHolds(const std::set<std::string>& names);
  // Posts a command to one daemon.
  void PostToOne(const std::string& name, Command command) ABSL_LOCKS_EXCLUDED(mu_);
  // Starts the daemons that `name` needs, except held ones; then posts `command` to it.
  void StartWithDependencies(const std::string& name, Command command) ABSL_LOCKS_EXCLUDED(mu_);
  // Stops the daemons that depend on `name`, and then it; leaves held dependents alone.
  void StopWithDependents(const std::string& name, Command command) ABSL_LOCKS_EXCLUDED(mu_);
  // Posts `command` once all of `stops`, which get its timeout, have succeeded; if one fails,
  // answers it with that failure.
  void AnswerAfterStops(const std::string& name, Command command,
                        std::map<std::string, Command>& stops);
  // Makes the daemon or roll `name`, which waits for daemons, look at them again.
  void Wake(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends the former roll of the set, and begins `roll` in its place.
  absl::Status Begin(const std::shared_ptr<Roll>& roll) ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the counter that all rolls of the set of `name` share.
  std::shared_ptr<ReplacementsInProgress> InProgress(const std::string& name)
      ABSL_LOCKS_EXCLUDED(mu_);
  Roll::Context RollContext(std::function<void()> on_event);
  // Ends the roll of the set of the daemon `name` if it includes the daemon, because of the command
  // `later`.
  void EndRollOf(const std::string& name, const char* later) ABSL_LOCKS_EXCLUDED(mu_);
  // Begins a roll of each set with instances that the reload has staged.
  void BeginRolls(const Plan& plan, const Caller& caller) ABSL_LOCKS_EXCLUDED(mu_);
  // Hands a verdict of the prober to the daemon `name`.
  void Tell(const std::string& name, const CheckVerdict& verdict) ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<Workers> MakeWorkers(const std::vector<std::string>& names,
                                      const DaemonSpecs& specs);
  // Returns FailedPrecondition (UNKILLABLE) if one of `names` was removed and still has a process.
  absl::Status CheckGone(const std::vector<std::string>& names) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes the daemons that are gone. Restarts changed daemons that depend on them, because these
  // must end first, and adds their answers to `answers`.
  void RemoveWorkers(AppliedPlan& applied, const Config& wanted, const Caller& caller,
                     Answers& answers) ABSL_LOCKS_EXCLUDED(mu_);
  // Takes `made` over and returns true; if the server is stopping, discards them and returns false.
  bool Adopt(Workers made) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends workers whose daemons were never started.
  void Discard(const Workers& made);
  // Applies `wanted` to every new or changed daemon that has no answer yet.
  void CarryOut(AppliedPlan& applied, const Config& wanted, const Caller& caller, Answers answers)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the command that carries out `entry`; absent if none is needed.
  absl::optional<Command> CommandFor(const PlanEntry& entry, const Config& wanted) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Returns the configuration in force, but for a daemon that keeps its former one, that one.
  Config Running() const ABSL_LOCKS_EXCLUDED(mu_);
  // Gives the changed daemons the next generation. Daemons without a change keep their
  // specification.
  void SetGenerations(Config& wanted, const Plan& plan) const ABSL_LOCKS_EXCLUDED(mu_);
  // Notes the state of each changed daemon.
  void NoteOutcomes(AppliedPlan& applied);
  // Posts the commands, which have no `done` yet, and blocks until all are answered.
  Answers PostAndWait(std::map<std::string, Command>&& commands) ABSL_LOCKS_EXCLUDED(mu_);
  // Removes a worker, which the caller joins; null if there is none.
  std::shared_ptr<Worker> TakeWorker(const std::string& name) ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<Worker> FindWorker(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<std::shared_ptr<Worker>> AllWorkers() const ABSL_LOCKS_EXCLUDED(mu_);

  const DaemonRunner::Context& context_;
  Workforce& workforce_;

  mutable absl::Mutex mu_;
  Config config_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 1;
  // The rolls in progress, and some that are over, by ConfiguredName; and what they share.
  std::map<std::string, std::shared_ptr<Roll>> rolls_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::shared_ptr<ReplacementsInProgress>> in_progress_ ABSL_GUARDED_BY(mu_);
  // Workers of the configured daemons, and of removed daemons with a process that survives KILL.
  Workers workers_ ABSL_GUARDED_BY(mu_);
  bool shutting_down_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_SUPERVISOR_H_
