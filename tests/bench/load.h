#ifndef HOB_TESTS_BENCH_LOAD_H_
#define HOB_TESTS_BENCH_LOAD_H_

#include <sys/types.h>

#include <vector>

#include "absl/status/status.h"

namespace hob {
namespace bench {

// Keeps every processor busy: one process for each, which does nothing but loop. They are in the
// session of this process, end with this object, and at the latest after ten minutes or with the
// thread that has made them. Not thread-safe.
class Load {
 public:
  Load() = default;
  ~Load();

  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Starts the loops, once.
  absl::Status Begin();

 private:
  std::vector<pid_t> loops_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LOAD_H_
