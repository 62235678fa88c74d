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
#include "server/config/config.h"
#include "server/config/plan.h"
#include "server/journal/journal.h"
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

  const Options options_;
  Supervisor& supervisor_;
  Journal& journal_;

  absl::Mutex mu_;
  std::vector<Pending> pending_ ABSL_GUARDED_BY(mu_);
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOADER_H_
