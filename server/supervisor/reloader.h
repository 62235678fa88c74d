#ifndef HOB_SERVER_SUPERVISOR_RELOADER_H_
#define HOB_SERVER_SUPERVISOR_RELOADER_H_

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
#include "server/sync/background_thread.h"

namespace hob {

// Carries out reloads, one at a time: reads the configuration again and has the supervisor carry
// out the difference. Requests that arrive during a reload are carried out together after it, as
// one.
//
// Thread-safe, but CarryOut, which one thread calls: the reloader's own after Start, or a test.
class Reloader {
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
    // Called before and after a reload that is no dry run, by CarryOut. May be null.
    std::function<void()> begins;
    std::function<void()> ends;
  };

  // Counts the reloads so far, without dry runs.
  struct Record {
    int64_t succeeded = 0;
    int64_t failed = 0;
    // Of the last one; while there was none, of the start: that the configuration was taken.
    bool last_succeeded = true;
    // Absent: there was none.
    absl::optional<absl::Time> last_time;
    absl::optional<absl::Time> last_success_time;
  };

  // Everything outlives the reloader; `options.load` may block.
  Reloader(Options options, Supervisor& supervisor, Journal& journal);
  // Finishes the reload under way; callers that still wait get Unavailable (SHUTTING_DOWN).
  ~Reloader();

  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Carries out requests from now on, on a thread of the reloader's own. Called once at most.
  void Start();

  // Asks for a reload, or for what one would do. CarryOut calls `done` once; it may be null.
  // Returns at once.
  void Request(bool dry_run, Done done) ABSL_LOCKS_EXCLUDED(mu_);

  // Carries out all requests made so far: the dry runs as one, then the reloads as one. Returns
  // when they are over.
  void CarryOut() ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the outcomes so far. Never waits for a reload.
  Record record() const ABSL_LOCKS_EXCLUDED(record_mu_);

 private:
  struct Pending {
    bool dry_run;
    Done done;
  };

  // Waits for a request. False once End was called.
  bool AwaitRequest() ABSL_LOCKS_EXCLUDED(mu_);
  void End() ABSL_LOCKS_EXCLUDED(mu_);
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

  // The last member: joined before what it uses is destroyed.
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOADER_H_
