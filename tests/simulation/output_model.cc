#include "tests/simulation/output_model.h"

#include <utility>

namespace hob {
namespace simulation {
namespace {

// The server may leave little output in a pipe for less than this before it reads.
constexpr Nanos kGathers = kMillisecond;
// The server's interval of retries for a log that it cannot write.
constexpr Nanos kRetriesAfter = kSecond;

}  // namespace

const char* OutputModel::RoundEnds(const OutputFacts& facts, bool at_rest, bool problem_reported,
                                   Nanos now) {
  const bool was_reported = std::exchange(problem_reported_, problem_reported);
  // The world goes on while something is spawned slowly.
  const bool could_fail = !facts.can_be_logged || facts.can_be_logged_since >= round_began_;
  if (facts.logged > facts.written) return "its log has more than it has written";
  if (problem_reported && !was_reported && !could_fail)
    return "hob reports a log problem that there is not";
  if (!problem_reported && facts.logged < due_) return "its last output is not in its log";
  if (!problem_reported && !was_reported && !could_fail && reported_early_) {
    return "its end is published before its last output is in its log";
  }
  if (!at_rest) return nullptr;
  const bool missing = facts.logged < facts.written;
  if (missing && !problem_reported && now > facts.written_at + kGathers) {
    return "its output is not read";
  }
  const bool works_again =
      facts.can_be_logged && now > facts.can_be_logged_since + kRetriesAfter + kMillisecond;
  if (problem_reported && works_again) return "its log works again and hob still reports a problem";
  return nullptr;
}

}  // namespace simulation
}  // namespace hob
