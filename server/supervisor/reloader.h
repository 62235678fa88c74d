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
#include "server/daemon/caller.h"
#include "server/journal/journal.h"
#include "server/supervisor/supervisor.h"
#include "server/sync/background_thread.h"

namespace hob {

// Carries out reloads, one at a time: reads the configuration again and has the supervisor apply
// the difference. Requests that arrive during a reload are carried out together after it, as one.
//
// Thread-safe, except CarryOut, which one thread calls: the reloader's own after Start, or a test.
class Reloader {
 public:
  struct Outcome {
    Plan plan;
    // The changed daemons that still exist, by name. Empty after a dry run.
    std::map<std::string, DaemonOutcome> outcomes;
    // All errors in the configuration; only set by a dry run.
    std::vector<ConfigProblem> errors;
    // The warnings of `hob check`; only set if the configuration has no errors.
    std::vector<ConfigProblem> warnings;
    // The generation in force after the reload.
    int64_t generation = 0;
  };
  // Receives the outcome, InvalidArgument (INVALID_CONFIG) if the configuration has errors, or the
  // error of Supervisor::Apply.
  using Done = std::function<void(const absl::StatusOr<Outcome>&)>;

  struct Options {
    // Reads the configuration; never null.
    std::function<LoadedConfig()> load;
    // Called by CarryOut before and after each reload that is not a dry run. May be null.
    std::function<void()> begins;
    std::function<void()> ends;
  };

  // Counts the reloads so far, not including dry runs.
  struct Record {
    int64_t succeeded = 0;
    int64_t failed = 0;
    // True if the last reload succeeded. Before the first reload: true, since the server started
    // with its configuration.
    bool last_succeeded = true;
    // Time of the last reload; absent before the first.
    absl::optional<absl::Time> last_time;
    absl::optional<absl::Time> last_success_time;
  };

  // `options.load` may block. All arguments outlive the reloader.
  Reloader(Options options, Supervisor& supervisor, Journal& journal);
  // Finishes the reload under way; answers waiting callers with Unavailable (SHUTTING_DOWN).
  ~Reloader();

  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Starts a thread that carries out requests. Called at most once.
  void Start();

  // Requests a reload, or a dry run of one. CarryOut calls `done`, which may be null, once. Returns
  // immediately. Of several callers whose reloads are carried out as one, the first is noted.
  void Request(bool dry_run, Done done, Caller caller = Caller::Server()) ABSL_LOCKS_EXCLUDED(mu_);

  // Carries out all requests made so far: the dry runs as one, then the reloads as one. Blocks
  // until they are done.
  void CarryOut() ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the counts so far. Never waits for a reload.
  Record record() const ABSL_LOCKS_EXCLUDED(record_mu_);

 private:
  struct Pending {
    bool dry_run;
    Done done;
    Caller caller;
  };

  // Blocks until there is a request, and returns true; returns false once End was called.
  bool AwaitRequest() ABSL_LOCKS_EXCLUDED(mu_);
  void End() ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<Outcome> DryRun();
  absl::StatusOr<Outcome> Reload(const Caller& caller);
  // Writes the outcome of a reload to the journal.
  void Tell(const Outcome& outcome, const Caller& caller);
  void NoteEnd(bool succeeded) ABSL_LOCKS_EXCLUDED(record_mu_);

  const Options options_;
  Supervisor& supervisor_;
  Journal& journal_;

  mutable absl::Mutex record_mu_;
  Record record_ ABSL_GUARDED_BY(record_mu_);

  absl::Mutex mu_;
  std::vector<Pending> pending_ ABSL_GUARDED_BY(mu_);
  bool ending_ ABSL_GUARDED_BY(mu_) = false;

  // The last member, so that the thread is joined before the members that it uses are destroyed.
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOADER_H_
