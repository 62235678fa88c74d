#ifndef HOB_SERVER_RPC_LOGS_H_
#define HOB_SERVER_RPC_LOGS_H_

#include <grpcpp/support/server_callback.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hob/v1/supervisor.pb.h"
#include "server/output/log_store.h"
#include "server/registry/registry.h"
#include "server/rpc/logs_thread.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// The method Logs: checks a request and resolves its names; a thread of its own reads. Thread-safe.
class Logs {
 public:
  // Everything outlives it. Destroyed when every call is over.
  Logs(const Registry& registry, const Supervisor& supervisor, LogStore& store)
      : registry_(registry), supervisor_(supervisor), store_(store) {}

  // The reactor belongs to gRPC. Never blocks.
  grpc::ServerWriteReactor<v1::LogsResponse>* Answer(const v1::LogsRequest& request);

  // From now on, calls that have sent all that is written end.
  void End() { thread_.BeginEnd(); }

 private:
  absl::StatusOr<LogsFeed::Options> Read(const v1::LogsRequest& request) const;
  // FailedPrecondition (NOT_KEPT) if what is asked for is not kept of a daemon that is named, or of
  // none that a glob means; removes from `names`, which Resolve has returned, those of which it is
  // not kept.
  absl::Status KeepOnlyKept(const v1::LogsRequest& request, std::vector<std::string>& names) const;
  // The names of the daemons that `patterns` mean, each once, in the order of the patterns.
  absl::StatusOr<std::vector<std::string>> Resolve(
      const google::protobuf::RepeatedPtrField<std::string>& patterns) const;

  const Registry& registry_;
  const Supervisor& supervisor_;
  LogStore& store_;
  LogsThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LOGS_H_
