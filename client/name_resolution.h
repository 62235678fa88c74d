// From what the user writes to the names of daemons.
#ifndef HOB_CLIENT_NAME_RESOLUTION_H_
#define HOB_CLIENT_NAME_RESOLUTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/session.h"

namespace hob {
namespace client {

// Whether the text has a wildcard (`*`, `?`, `[`).
bool IsGlob(absl::string_view pattern);

// Which of `names` (in name order) each pattern means: in the order of the patterns, each name
// once. The patterns that mean none are appended to `unmatched`, which is not null.
std::vector<std::string> MatchNames(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>* unmatched);

// Asks the server (all pages of `List`) which daemons `patterns` mean, in the order of MatchNames;
// no patterns mean all daemons in name order. NotFound that names every pattern that means none,
// with the server's suggestions. Blocks. Errors of Session::Read.
absl::StatusOr<std::vector<std::string>> ResolveNames(Session& session,
                                                      const std::vector<std::string>& patterns);

// NotFound for patterns that mean no daemon, with the server's suggestions for names. `unmatched`
// is not empty. Blocks.
absl::Status NoSuchDaemons(Session& session, const std::vector<std::string>& unmatched);

// As ResolveNames, but does not ask the server about a single name without wildcards: the call that
// is made with it says as well that there is none.
absl::StatusOr<std::vector<std::string>> ResolveNamesForCalls(
    Session& session, const std::vector<std::string>& patterns);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_NAME_RESOLUTION_H_
