// Finds the daemons that match a user's names and globs.
#ifndef HOB_CLIENT_NAME_RESOLUTION_H_
#define HOB_CLIENT_NAME_RESOLUTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/session.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// True if the text has a wildcard (`*`, `?`, `[`).
bool IsGlob(absl::string_view pattern);

// Returns the elements of `names` (in name order) that match a pattern, in the order of the
// patterns and each once. Appends the patterns that match none to `unmatched`, which is not null.
std::vector<std::string> MatchNames(const std::vector<std::string>& patterns,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>* unmatched);

// Returns the names of the server's daemons that match `patterns`, in the order of MatchNames;
// without patterns, all daemons in name order. NotFound naming every pattern without a match, with
// the server's suggestions. Blocks. Errors of SupervisorClient::List.
absl::StatusOr<std::vector<std::string>> ResolveNames(Session& session,
                                                      const std::vector<std::string>& patterns);

// Returns NotFound for patterns that match no daemon, with the server's suggestions for names.
// `unmatched` is not empty. Blocks.
absl::Status NoSuchDaemons(Session& session, const std::vector<std::string>& unmatched);

// As ResolveNames, but returns a single name without wildcards unchecked: the call made with it
// reports an unknown daemon anyway.
absl::StatusOr<std::vector<std::string>> ResolveNamesForCalls(
    Session& session, const std::vector<std::string>& patterns);

// How a command treats held daemons that the user did not name, but matched by a glob or by --all.
enum class HeldDaemons { kPassOver, kInclude, kOnly };

// The daemons that a command selects.
struct Selection {
  std::vector<std::string> names;
  // With kPassOver, the held daemons whose names are not among the patterns.
  std::vector<v1::Daemon> passed_over;
};

// Like ResolveNamesForCalls, but treats held daemons that the user did not name as `held` says.
absl::StatusOr<Selection> SelectForCommand(Session& session,
                                           const std::vector<std::string>& patterns,
                                           HeldDaemons held);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_NAME_RESOLUTION_H_
