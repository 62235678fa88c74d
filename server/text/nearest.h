#ifndef HOB_SERVER_TEXT_NEAREST_H_
#define HOB_SERVER_TEXT_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {

// How many letters must be inserted, left out, replaced or swapped with their neighbour to turn `a`
// into `b`; `most` + 1 when it is more than `most`. Case counts.
int EditDistance(absl::string_view a, absl::string_view b, int most);

// The candidate with the least distance to `text` (the first of several), whatever that is: what a
// message suggests. Case does not count. Empty without candidates.
std::string Nearest(absl::string_view text, const std::vector<std::string>& candidates);

}  // namespace hob

#endif  // HOB_SERVER_TEXT_NEAREST_H_
