#include "client/near_word.h"

#include "absl/strings/match.h"
#include "server/text/nearest.h"

namespace hob {
namespace client {
namespace {

constexpr int kMostMistakes = 2;

}  // namespace

std::string NearWord(absl::string_view typed, const std::vector<std::string>& words) {
  if (typed.empty() || typed.size() > 64) return "";
  std::string nearest;
  int fewest = kMostMistakes + 1;
  for (const std::string& word : words) {
    const bool begun = typed.size() > 1 && absl::StartsWith(word, typed);
    const int mistakes = begun ? 0 : EditDistance(typed, word, kMostMistakes);
    if (mistakes >= fewest || 2 * mistakes >= static_cast<int>(word.size())) continue;
    fewest = mistakes;
    nearest = word;
  }
  return nearest;
}

}  // namespace client
}  // namespace hob
