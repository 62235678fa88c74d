#ifndef HOB_CLIENT_NEAR_WORD_H_
#define HOB_CLIENT_NEAR_WORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {
namespace client {

// Returns the most likely correction of `typed` among `words`: the word that begins with it, or the
// one with the fewest wrong, missing, superfluous and swapped letters, at most two and fewer than
// half of the word. Empty if no word is near enough.
std::string NearWord(absl::string_view typed, const std::vector<std::string>& words);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_NEAR_WORD_H_
