#ifndef HOB_SERVER_SUPERVISOR_RELOAD_QUEUE_H_
#define HOB_SERVER_SUPERVISOR_RELOAD_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/journal/journal.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// Reloads that were asked for, and how each is carried out: the configuration is read again and the
// supervisor carries out the difference. It has no thread: whoever drives it calls CarryOut.
//
// Request, End and record are thread-safe; AwaitRequest and CarryOut are for one thread.
class ReloadQueue {
 public:
  struct Outcome {
    Plan plan;
    // By name: the daemons that were changed and are still there. Empty after a dry run.
    std::map<std::string, DaemonOutcome> outcomes;
    // Only of a dry run: everything that is wrong.
    std::vector<ConfigProblem> errors;
    // The warnings of `hob check`; only with a configuration without errors.
    std::vector<ConfigProblem> warnings;
    // The generation in force afterwards.
    int64_t generation = 0;
  };
  // InvalidArgument (INVALID_CONFIG) with errors in the configuration, and what Supervisor::Apply
  // returns.
  using Done = std::function<void(const absl::StatusOr<Outcome>&)>;

  struct Options {
    // Reads the configuration; never null.
    std::function<LoadedConfig()> load;
    // Told before and after a reload that is no dry run, by CarryOut. May be null.
    std::function<void()> begins;
    std::function<void()> ends;
  };

  // What became of the reloads so far, dry runs apart.
  struct Record {
    int64_t succeeded = 0;
    int64_t failed = 0;
    // Of the last one; while there was none, of the start: that the configuration was taken.
    bool last_succeeded = true;
    // Absent: there was none.
    absl::optional<absl::Time> last_time;
    absl::optional<absl::Time> last_success_time;
  };

  // Everything outlives the queue.
  ReloadQueue(Options options, Supervisor& supervisor, Journal& journal);
  // Those who still wait get Unavailable (SHUTTING_DOWN).
  ~ReloadQueue();

  ReloadQueue(const ReloadQueue&) = delete;
  ReloadQueue& operator=(const ReloadQueue&) = delete;

  // `done` is called once, by CarryOut; it may be null. Returns at once.
  void Request(bool dry_run, Done done) ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until something was asked for; false once End was called.
  bool AwaitRequest() ABSL_LOCKS_EXCLUDED(mu_);

  // Nothing more will be carried out.
  void End() ABSL_LOCKS_EXCLUDED(mu_);

  // Carries out what was asked for until now: all dry runs as one, and then all reloads as one.
  // Blocks until those are over.
  void CarryOut() ABSL_LOCKS_EXCLUDED(mu_);

  // Never waits for a reload.
  Record record() const ABSL_LOCKS_EXCLUDED(record_mu_);

 private:
  struct Pending {
    bool dry_run;
    Done done;
  };

  absl::StatusOr<Outcome> DryRun();
  absl::StatusOr<Outcome> Reload();
  // Writes what came of a reload to the journal.
  void Tell(const Outcome& outcome);
  void NoteEnd(bool succeeded) ABSL_LOCKS_EXCLUDED(record_mu_);

  const Options options_;
  Supervisor& supervisor_;
  Journal& journal_;

  mutable absl::Mutex record_mu_;
  Record record_ ABSL_GUARDED_BY(record_mu_);

  absl::Mutex mu_;
  std::vector<Pending> pending_ ABSL_GUARDED_BY(mu_);
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOAD_QUEUE_H_
