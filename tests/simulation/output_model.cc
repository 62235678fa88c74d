#include "tests/simulation/output_model.h"

#include <utility>

namespace hob {
namespace simulation {
namespace {

// A pipe to which little is written again and again may be left alone for less than this.
constexpr Nanos kGathers = kMillisecond;
// A log that cannot be written is tried again so often.
constexpr Nanos kTriesAgain = kSecond;

}  // namespace

const char* OutputModel::RoundEnds(const OutputFacts& facts, bool at_rest, bool problem_told,
                                   Nanos now) {
  const bool was_told = std::exchange(problem_told_, problem_told);
  // The world goes on while something is spawned slowly.
  const bool could_fail = !facts.can_be_logged || facts.can_be_logged_since >= round_began_;
  if (facts.logged > facts.written) return "more is in its log than it has written";
  if (problem_told && !was_told && !could_fail) return "its log is told to stand still";
  if (!problem_told && facts.logged < due_) return "its last words are not in its log";
  if (!problem_told && !was_told && !could_fail && told_early_) {
    return "its end is told before its last words are in its log";
  }
  if (!at_rest) return nullptr;
  const bool missing = facts.logged < facts.written;
  if (missing && !problem_told && now > facts.written_at + kGathers) {
    return "what it has written is left lying";
  }
  const bool works_again =
      facts.can_be_logged && now > facts.can_be_logged_since + kTriesAgain + kMillisecond;
  if (problem_told && works_again) return "its log works again and is told to stand still";
  return nullptr;
}

}  // namespace simulation
}  // namespace hob
