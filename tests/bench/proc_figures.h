#ifndef HOB_TESTS_BENCH_PROC_FIGURES_H_
#define HOB_TESTS_BENCH_PROC_FIGURES_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hob {
namespace bench {

// Figures of a process from /proc. NotFound if it does not exist.

// Returns the proportional set size, bytes.
absl::StatusOr<int64_t> ProportionalMemory(pid_t pid);

// The processor use of a process's threads so far, without those that have ended.
struct ThreadUse {
  // Nanoseconds on a processor, and the number of switches to a thread.
  struct Share {
    int64_t cpu = 0;
    int64_t wakeups = 0;
  };
  Share supervision;
  // The share of gRPC's threads, recognised by their names.
  Share grpc;

  int64_t cpu() const { return supervision.cpu + grpc.cpu; }
};
absl::StatusOr<ThreadUse> UseOfThreads(pid_t pid);

// Blocks until the process has used no processor for a tenth of a second. DeadlineExceeded if it
// does not rest within `timeout`.
absl::Status WaitUntilQuiet(pid_t pid, absl::Duration timeout);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_PROC_FIGURES_H_
