#ifndef HOB_CLIENT_LISTING_H_
#define HOB_CLIENT_LISTING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/session.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// All pages of `List` as one response, in name order; without a token. `patterns` are names and
// globs, `states` states; empty ones select everything. Blocks. Errors of Session::Read.
absl::StatusOr<v1::ListResponse> ListDaemons(Session& session,
                                             const std::vector<std::string>& patterns,
                                             const std::vector<v1::Daemon::State>& states);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_LISTING_H_
