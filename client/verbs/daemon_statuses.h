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

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_DAEMON_STATUSES_H_
