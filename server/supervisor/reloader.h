#ifndef HOB_SERVER_SUPERVISOR_RELOADER_H_
#define HOB_SERVER_SUPERVISOR_RELOADER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/journal/journal.h"
#include "server/supervisor/capacity.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// Reads the configuration again and has the supervisor carry out the difference, one reload at a
// time, on a thread of its own. Reloads that are asked for while one is under way are carried out
// as one after it (RELIABILITY F66).
//
// Thread-safe.
class Reloader {
 public:
  struct Outcome {
    Plan plan;
    // Only of a dry run: everything that is wrong.
    std::vector<ConfigProblem> errors;
    // The generation in force afterwards.
    int64_t generation = 0;
  };
  // InvalidArgument (INVALID_CONFIG) with errors in the configuration, and what Supervisor::Apply
  // returns.
  using Done = std::function<void(const absl::StatusOr<Outcome>&)>;

  struct Options {
    // What LoadConfig takes.
    std::vector<std::string> paths;
    // What daemons have to fit into.
    Capacity capacity = Capacity::OfMachine();
    // Told before and after a reload that is no dry run, on the reloader's thread. May be null.
    std::function<void()> begins;
    std::function<void()> ends;
  };

  // Everything outlives the reloader.
  Reloader(Options options, Supervisor& supervisor, Journal& journal);
  // Finishes the reload that is under way; those who still wait get Unavailable (SHUTTING_DOWN).
  ~Reloader();

  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

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
  // Never waits for a reload.
  Record record() const ABSL_LOCKS_EXCLUDED(record_mu_);

  // `done` is called once, on the reloader's thread; it may be null. Returns at once.
  void Request(bool dry_run, Done done) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Pending {
    bool dry_run;
    Done done;
  };

  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  void CarryOut(bool dry_run, const std::vector<Pending>& pending);
  absl::StatusOr<Outcome> DryRun();
  absl::StatusOr<Outcome> Reload();
  void Note(bool succeeded) ABSL_LOCKS_EXCLUDED(record_mu_);

  const Options options_;
  Supervisor& supervisor_;
  Journal& journal_;

  mutable absl::Mutex record_mu_;
  Record record_ ABSL_GUARDED_BY(record_mu_);

  absl::Mutex mu_;
  std::vector<Pending> pending_ ABSL_GUARDED_BY(mu_);
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOADER_H_
