#ifndef HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_
#define HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_

#include <cstdint>

#include "tests/simulation/settings.h"

namespace hob {
namespace simulation {

// What is true of the output of one daemon. A plain value.
struct OutputFacts {
  // Bytes that its processes ever got into their pipes, and when the last was.
  int64_t written = 0;
  Nanos written_at = 0;
  // Bytes in its logs.
  int64_t logged = 0;
  // Whether logs can be opened, and since when they could be again.
  bool can_be_logged = true;
  Nanos can_be_logged_since = 0;
};

// What must become of what one daemon writes, held against what is told.
class OutputModel {
 public:
  // The end of its main process was taken.
  void Reaped(const OutputFacts& facts) { due_ = facts.written; }
  // That end is told.
  void EndTold(const OutputFacts& facts) { told_early_ |= facts.logged < due_; }

  void RoundBegins(Nanos now) {
    round_began_ = now;
    told_early_ = false;
  }
  // The worker has acted. `at_rest`: it has nothing to do before it is woken. `problem_told`: it is
  // told that its log cannot be written. Returns what is wrong; null: nothing is.
  const char* RoundEnds(const OutputFacts& facts, bool at_rest, bool problem_told, Nanos now);

 private:
  Nanos round_began_ = 0;
  // Bytes of those that have ended: they must be in the log before the end is told.
  int64_t due_ = 0;
  // In this round an end was told before they were.
  bool told_early_ = false;
  bool problem_told_ = false;
};

}  // namespace simulation
}  // namespace hob

#endif  // HOB_TESTS_SIMULATION_OUTPUT_MODEL_H_
