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
#include "server/daemon/daemon_snapshot.h"
#include "server/supervisor/command.h"
#include "server/supervisor/daemon_runner.h"
#include "server/supervisor/thread_worker.h"
#include "server/supervisor/worker.h"

namespace hob {

// The outcome of a reload for one daemon. A plain value.
struct DaemonOutcome {
  // The daemon's state at the end of the reload.
  DaemonState state = DaemonState::kStopped;
  // Why the plan was not carried out for this daemon, as a sentence with its name; empty when it
  // was, or when the start only waits for its turn.
  std::string failure;
};

// A reload that was carried out. A plain value.
struct AppliedPlan {
  Plan plan;
  // By name: the daemons that were changed and are still there.
  std::map<std::string, DaemonOutcome> outcomes;
};

// Owns the workers, one a daemon: starts all, hands commands on, carries out reloads, stops all.
// Must not know gRPC.
//
// Order of calls: Populate, Boot, then Post and Apply at will, BeginShutDown. Thread-safe; Apply is
// called by one thread at a time.
class Supervisor {
 public:
  // `context` and `workforce` outlive the supervisor.
  Supervisor(const DaemonRunner::Context& context, Config config,
             Workforce& workforce = ThreadWorkforce::Get());
  // Stops what still runs and waits for the workers.
  ~Supervisor();

  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Makes every daemon of the configuration known, none started. ResourceExhausted (NO_ROOM) when
  // the machine has no room.
  absl::Status Populate() ABSL_LOCKS_EXCLUDED(mu_);

  // Starts what the configuration wants to be up. Returns at once.
  void Boot() ABSL_LOCKS_EXCLUDED(mu_);

  // Hands a command of an operator on to the daemon `name`. command.done gets NotFound
  // (DAEMON_NOT_FOUND) or Unavailable (SHUTTING_DOWN) where there is nobody to take it. Never
  // blocks.
  void Post(const std::string& name, Command command) ABSL_LOCKS_EXCLUDED(mu_);

  // NotFound (DAEMON_NOT_FOUND) with near names; Unavailable (SHUTTING_DOWN) once the server stops.
  absl::Status WhyNotFound(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);

  // What Apply would do.
  Plan PlanFor(const Config& wanted) const ABSL_LOCKS_EXCLUDED(mu_);

  // Makes `wanted` the configuration in force. Blocks until what is gone has ended and every start
  // was tried; what survives KILL is not waited for, and stays known until it is gone. A daemon
  // whose instance is up, and whose new configuration is certain not to start, keeps running with
  // its former configuration, which is what the next plan compares with. Nothing was changed after
  // ResourceExhausted (NO_ROOM), or FailedPrecondition (UNKILLABLE) when a daemon that is to come
  // is still there so. Unavailable (SHUTTING_DOWN): the server stops anyway.
  absl::StatusOr<AppliedPlan> Apply(Config wanted) ABSL_LOCKS_EXCLUDED(mu_);

  // 1 at first, 1 more after each Apply.
  int64_t generation() const ABSL_LOCKS_EXCLUDED(mu_);

  // Stops all daemons in parallel, and takes no commands any more. `done` is called once, on any
  // thread, when they have ended; with false when something of them survives KILL. Later calls
  // change nothing.
  void BeginShutDown(const std::function<void(bool all_gone)>& done) ABSL_LOCKS_EXCLUDED(mu_);

  // Has every daemon's logs opened anew, by their paths. Returns at once.
  void ReopenLogs() ABSL_LOCKS_EXCLUDED(mu_);

  // Kills whatever is still being stopped.
  void KillAll() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Shared with calls of Post that are under way: those are made without the lock.
  using Workers = std::map<std::string, std::shared_ptr<Worker>>;

  absl::StatusOr<Workers> MakeWorkers(const std::vector<std::string>& names,
                                      const DaemonSpecs& specs);
  // FailedPrecondition (UNKILLABLE) when one of `names` was removed and is not gone.
  absl::Status CheckGone(const std::vector<std::string>& names) ABSL_LOCKS_EXCLUDED(mu_);
  void RemoveWorkers(AppliedPlan& applied) ABSL_LOCKS_EXCLUDED(mu_);
  // Takes `made` over; false, and they are gone, when the server stops.
  bool Adopt(Workers made) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends workers whose daemons were never started.
  void Discard(const Workers& made);
  // Brings every daemon that is new or changed to `wanted`.
  void CarryOut(AppliedPlan& applied, const Config& wanted) ABSL_LOCKS_EXCLUDED(mu_);
  // The command that does with a daemon what the plan says; absent: none is needed.
  absl::optional<Command> CommandFor(const PlanEntry& entry, const Config& wanted) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Notes the state of each changed daemon, and which ones keep their former configuration.
  void NoteOutcomes(AppliedPlan& applied, const std::set<std::string>& kept)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Posts the commands, `done` of which is not set, and waits until each was answered. Returns the
  // answers in the order of the commands.
  std::vector<absl::StatusOr<DaemonSnapshotPtr>> PostAndWait(
      std::vector<std::pair<std::shared_ptr<Worker>, Command>>&& commands) ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<Worker> FindWorker(const std::string& name) const ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<std::shared_ptr<Worker>> AllWorkers() const ABSL_LOCKS_EXCLUDED(mu_);

  const DaemonRunner::Context& context_;
  Workforce& workforce_;

  mutable absl::Mutex mu_;
  Config config_ ABSL_GUARDED_BY(mu_);
  int64_t generation_ ABSL_GUARDED_BY(mu_) = 1;
  // Names of daemons that kept their former configuration at the last reload, because that of
  // config_ could not be started. A command of an operator may have put it in force since: their
  // snapshots tell.
  std::set<std::string> kept_ ABSL_GUARDED_BY(mu_);
  // Of the configuration, and of what was removed from it and survives KILL.
  Workers workers_ ABSL_GUARDED_BY(mu_);
  bool shutting_down_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_SUPERVISOR_H_
