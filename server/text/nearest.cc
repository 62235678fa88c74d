#include "server/text/nearest.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"

namespace hob {
namespace {

// Longer than any name in hob; only this much of longer texts is compared.
constexpr int kMaxCompared = 100;

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b, int max) {
  if (std::abs(static_cast<int>(a.size()) - static_cast<int>(b.size())) > max) return max + 1;
  // Rows of the usual table: two back, one back, and the current one.
  std::vector<int> oldest, older, current(b.size() + 1);
  for (int j = 0; j <= b.size(); ++j) current[j] = j;
  for (int i = 1; i <= a.size(); ++i) {
    oldest = std::move(older);
    older = current;
    current[0] = i;
    for (int j = 1; j <= b.size(); ++j) {
      const int replaced = older[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({older[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], oldest[j - 2] + 1);
    }
  }
  return std::min(current.back(), max + 1);
}

std::string Nearest(absl::string_view text, const std::vector<std::string>& candidates) {
  const std::string wanted = absl::AsciiStrToLower(text.substr(0, kMaxCompared));
  std::string nearest;
  int least = 2 * kMaxCompared;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(wanted, absl::AsciiStrToLower(candidate), kMaxCompared);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace hob
