// Second parsers of lists and environments, written only from environment.h and quoting.h: slow,
// obvious, and without a line in common with the first.
#ifndef HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_
#define HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/types/optional.h"

namespace hob {

// In order, with unique names.
using ReferenceVariables = std::vector<std::pair<std::string, std::string>>;

// Returns the items of a list; absent if a quote is open or a backslash is the last character.
absl::optional<std::vector<std::string>> ReferenceItems(const std::string& text);

// Returns the variables of a value of `environment`; absent if the value is wrong.
absl::optional<ReferenceVariables> ReferenceEnvironment(const std::string& text);

// Returns the variables of an env_file with this text; absent if the text is wrong.
absl::optional<ReferenceVariables> ReferenceEnvironmentFile(const std::string& text);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_FUZZ_REFERENCE_VARIABLES_H_
