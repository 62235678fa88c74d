#ifndef HOB_SERVER_API_LOGS_REQUEST_H_
#define HOB_SERVER_API_LOGS_REQUEST_H_

#include "absl/status/statusor.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/logs_feed.h"
#include "server/registry/registry.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// Checks a request of Logs and resolves its globs to daemons. InvalidArgument (INVALID_REQUEST);
// NotFound (DAEMON_NOT_FOUND) if a glob matches no daemon; FailedPrecondition (NOT_KEPT) if a named
// daemon does not log the requested stream, or if no daemon matched by the globs does. Thread-safe;
// never blocks.
absl::StatusOr<LogsFeed::Options> ReadLogsRequest(const v1::LogsRequest& request,
                                                  const Registry& registry,
                                                  const Supervisor& supervisor);

}  // namespace hob

#endif  // HOB_SERVER_API_LOGS_REQUEST_H_
