#ifndef HOB_CLIENT_VERBS_DAEMON_STATUSES_H_
#define HOB_CLIENT_VERBS_DAEMON_STATUSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/session.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// `Status` of every daemon that `patterns` mean (none: all), in the order of ResolveNames. The
// first failure, if there is one, with the name of its daemon. Blocks.
absl::StatusOr<std::vector<v1::StatusResponse>> FetchStatuses(
    Session& session, const std::vector<std::string>& patterns);

// True if the daemon ended by itself with one of its success codes and is left at that: nothing is
// wrong with it, although it does not run.
bool HasCompleted(const v1::StatusResponse& status);

// The command that shows what a daemon wrote before it failed: "hob logs NAME". Empty if it is up,
// has not failed, never ran, or nothing is kept of what it writes.
std::string LogsOfFailure(const v1::StatusResponse& status);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_DAEMON_STATUSES_H_
