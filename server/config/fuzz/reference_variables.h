// Second parsers of lists and environments, written from what environment.h and quoting.h promise:
// slow, obvious, and without a line in common with the first.
#ifndef HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_
#define HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/types/optional.h"

namespace hob {

// In their order, names unique.
using ReferenceVariables = std::vector<std::pair<std::string, std::string>>;

// The items of a list. Absent where a quote is open or a backslash is the last character.
absl::optional<std::vector<std::string>> ReferenceItems(const std::string& text);

// The variables of a value of `environment`. Absent where something is wrong with it.
absl::optional<ReferenceVariables> ReferenceEnvironment(const std::string& text);

// The variables of an env_file with this text. Absent where something is wrong with it.
absl::optional<ReferenceVariables> ReferenceEnvironmentFile(const std::string& text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_
