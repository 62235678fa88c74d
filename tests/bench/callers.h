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

// Clients that call a server in parallel, over a connection each: every other one List, the others
// Status, the next call as soon as the last was answered. Begins when it is made. Thread-safe.
class Callers {
 public:
  struct Options {
    std::string address;
    int count = 200;
    // Whose Status is asked for.
    std::string daemon;
  };

  explicit Callers(const Options& options);
  // Precondition: Stop has returned.
  ~Callers();

  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Blocks until every caller was answered once.
  void WaitUntilAllCall() ABSL_LOCKS_EXCLUDED(mu_);

  struct Outcome {
    int64_t answered = 0;
    int64_t failed = 0;
    // The first failure.
    absl::Status error;
  };
  // Lets every call come to its end and begins none any more. Blocks.
  Outcome Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Caller;

  // A call of a caller has ended; `first` is its first. Returns whether to call again.
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
