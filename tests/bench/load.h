#ifndef HOB_TESTS_BENCH_LOAD_H_
#define HOB_TESTS_BENCH_LOAD_H_

#include <sys/types.h>

#include <vector>

#include "absl/status/status.h"

namespace hob {
namespace bench {

// Keeps every processor busy with a process that loops. The processes belong to the session of this
// process and end with this object, or earlier: after ten minutes, or with the thread that started
// them. Not thread-safe.
class Load {
 public:
  Load() = default;
  ~Load();

  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Starts the loops. Called once.
  absl::Status Begin();

 private:
  std::vector<pid_t> loops_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LOAD_H_
