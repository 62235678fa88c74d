#ifndef HOB_TESTS_BENCH_CALLERS_H_
#define HOB_TESTS_BENCH_CALLERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace hob {
namespace bench {

// Clients that call a server in parallel, each over a connection of its own: half of them List,
// half Status, each one call after the other. The constructor starts them. Thread-safe.
class Callers {
 public:
  struct Options {
    std::string address;
    int count = 200;
    // The daemon for Status.
    std::string daemon;
  };

  explicit Callers(const Options& options);
  // Requires that Stop has returned.
  ~Callers();

  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Blocks until every caller has had one answer.
  void WaitUntilAllCall() ABSL_LOCKS_EXCLUDED(mu_);

  struct Outcome {
    int64_t answered = 0;
    int64_t failed = 0;
    // The first failure.
    absl::Status error;
  };
  // Makes no more calls, and blocks until those in progress have ended.
  Outcome Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Caller;

  // Called at the end of each call; `first` is true for the caller's first. Returns true if the
  // caller should call again.
  bool Ended(const absl::Status& status, bool first) ABSL_LOCKS_EXCLUDED(mu_);

  absl::Mutex mu_;
  std::vector<std::unique_ptr<Caller>> callers_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  int not_yet_answered_ ABSL_GUARDED_BY(mu_);
  int calling_ ABSL_GUARDED_BY(mu_);
  Outcome outcome_ ABSL_GUARDED_BY(mu_);
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_CALLERS_H_
