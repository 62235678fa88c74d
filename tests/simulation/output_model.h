#ifndef HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_
#define HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_

#include <cstdint>

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// The truth about the output of one daemon. A plain value.
struct OutputFacts {
  // The bytes that its processes have written to their pipes, and the time of the last one.
  int64_t written = 0;
  Nanos written_at = 0;
  // Bytes in its logs.
  int64_t logged = 0;
  // True if logs can be opened, and the time since which that is possible.
  bool can_be_logged = true;
  Nanos can_be_logged_since = 0;
};

// Checks that the output of one daemon reaches its log, and before hob publishes the end that
// follows it.
class OutputModel {
 public:
  // The server has reaped the main process.
  void Reaped(const OutputFacts& facts) { due_ = facts.written; }
  // Called when hob publishes the end.
  void EndReported(const OutputFacts& facts) { reported_early_ |= facts.logged < due_; }

  void RoundBegins(Nanos now) {
    round_began_ = now;
    reported_early_ = false;
  }
  // The worker has acted. `at_rest` if it has nothing to do before it is woken; `problem_reported`
  // if hob says that the log cannot be written. Returns what is wrong; null if nothing is.
  const char* RoundEnds(const OutputFacts& facts, bool at_rest, bool problem_reported, Nanos now);

 private:
  Nanos round_began_ = 0;
  // Bytes of ended processes: they must be in the log before the end is published.
  int64_t due_ = 0;
  // True if an end was published in this round before they were.
  bool reported_early_ = false;
  bool problem_reported_ = false;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_
