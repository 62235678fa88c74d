#ifndef HOB_CLIENT_NEAR_WORD_H_
#define HOB_CLIENT_NEAR_WORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hob {
namespace client {

// The one of `words` that `typed` was most likely meant to be: the one that it begins, or the one
// with the fewest wrong, missing, superfluous and swapped letters, at most two and fewer than half
// of it. Empty when there is none.
std::string NearWord(absl::string_view typed, const std::vector<std::string>& words);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_NEAR_WORD_H_
