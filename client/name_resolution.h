// Finds the daemons that match a user's names and globs.
#ifndef HOB_CLIENT_NAME_RESOLUTION_H_
#define HOB_CLIENT_NAME_RESOLUTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/session.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// True if the text has a wildcard (`*`, `?`, `[`).
bool IsGlob(absl::string_view pattern);

// Returns the elements of `daemons` (in name order) that match a pattern, in the order of the
// patterns and each once. A pattern that matches the name of a set matches all its instances.
// Appends the patterns that match none to `unmatched`, which is not null. The result points into
// `daemons`.
std::vector<const v1::Daemon*> MatchDaemons(
    const std::vector<std::string>& patterns,
    const google::protobuf::RepeatedPtrField<v1::Daemon>& daemons,
    std::vector<std::string>* unmatched);

// Returns the names of the server's daemons that match `patterns`, in the order of MatchDaemons;
// without patterns, all daemons in name order. NotFound naming every pattern without a match, with
// the server's suggestions. Blocks. Errors of SupervisorClient::List.
absl::StatusOr<std::vector<std::string>> ResolveNames(Session& session,
                                                      const std::vector<std::string>& patterns);

// Returns NotFound for patterns that match no daemon, with the server's suggestions for names.
// `unmatched` is not empty. Blocks.
absl::Status NoSuchDaemons(Session& session, const std::vector<std::string>& unmatched);

// How a command treats held daemons that the user did not name, but matched by a glob, by the name
// of a set or by --all.
enum class HeldDaemons { kPassOver, kInclude, kOnly };

// The daemons that a command selects.
struct Selection {
  std::vector<v1::Daemon> daemons;
  // With kPassOver, the held daemons whose names are not among the patterns.
  std::vector<v1::Daemon> passed_over;
};

// Selects as ResolveNames does, but treats held daemons that the user did not name as `held` says.
absl::StatusOr<Selection> SelectForCommand(Session& session,
                                           const std::vector<std::string>& patterns,
                                           HeldDaemons held);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_NAME_RESOLUTION_H_
