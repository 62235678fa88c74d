#ifndef HOB_SERVER_TEXT_NEAREST_H_
#define HOB_SERVER_TEXT_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {

// Returns the number of letters to insert, delete, replace or swap with their neighbor to turn `a`
// into `b`; `max` + 1 if it exceeds `max`. Case-sensitive.
int EditDistance(absl::string_view a, absl::string_view b, int max);

// Returns the candidate closest to `text` (the first of several), for suggestions in messages;
// there is no limit on the distance. Case-insensitive. Empty without candidates.
std::string Nearest(absl::string_view text, const std::vector<std::string>& candidates);

}  // namespace hob

#endif  // HOB_SERVER_TEXT_NEAREST_H_
