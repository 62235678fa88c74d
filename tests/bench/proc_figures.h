#ifndef HOB_TESTS_BENCH_PROC_FIGURES_H_
#define HOB_TESTS_BENCH_PROC_FIGURES_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hob {
namespace bench {

// What /proc says of a process. NotFound when there is none.

// The proportional set size, bytes.
absl::StatusOr<int64_t> ProportionalMemory(pid_t pid);

// What the threads of a process have used so far; those that have ended are left out.
struct ThreadUse {
  // Nanoseconds on a processor, and how often a thread was switched to.
  struct Share {
    int64_t cpu = 0;
    int64_t wakeups = 0;
  };
  Share supervision;
  // Of the threads that gRPC makes, which are known by their names.
  Share grpc;

  int64_t cpu() const { return supervision.cpu + grpc.cpu; }
};
absl::StatusOr<ThreadUse> UseOfThreads(pid_t pid);

// Blocks until the process has used no processor for a tenth of a second. DeadlineExceeded when it
// never rests within `timeout`.
absl::Status WaitUntilQuiet(pid_t pid, absl::Duration timeout);

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_PROC_FIGURES_H_
