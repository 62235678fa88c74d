#ifndef HOB_SERVER_RPC_LOGS_THREAD_H_
#define HOB_SERVER_RPC_LOGS_THREAD_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "hob/v1/supervisor.pb.h"
#include "server/output/log_store.h"
#include "server/rpc/logs_feed.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// The thread that reads logs for all calls of Logs, so that neither a worker nor a reaction of gRPC
// waits for a disk. Each call has one write under way at most: a client that does not read is not
// read for.
//
// Thread-safe. Outlives its calls.
class LogsThread {
 public:
  // Every call is over when it is destroyed, which the end of the gRPC server sees to.
  LogsThread();

  LogsThread(const LogsThread&) = delete;
  LogsThread& operator=(const LogsThread&) = delete;

  // Answers a call. `store` outlives it. The reactor belongs to gRPC.
  grpc::ServerWriteReactor<v1::LogsResponse>* Answer(LogStore& store, LogsFeed::Options options);

  // From now on, calls that would wait for more end. Never blocks.
  void BeginEnd() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Call;

  void Add(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(const Call* call) ABSL_LOCKS_EXCLUDED(mu_);
  void Enqueue(std::shared_ptr<Call> call) ABSL_LOCKS_EXCLUDED(mu_);
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  // Calls for which there may be something to do.
  std::deque<std::shared_ptr<Call>> queue_ ABSL_GUARDED_BY(mu_);
  // Those that are not over.
  std::map<const Call*, std::weak_ptr<Call>> calls_ ABSL_GUARDED_BY(mu_);
  // True if nothing more will be written.
  std::atomic<bool> no_more_ = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LOGS_THREAD_H_
