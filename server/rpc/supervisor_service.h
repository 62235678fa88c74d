#ifndef HOB_SERVER_RPC_SUPERVISOR_SERVICE_H_
#define HOB_SERVER_RPC_SUPERVISOR_SERVICE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "hob/v1/supervisor.grpc.pb.h"
#include "server/clock/clock.h"
#include "server/output/log_store.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"
#include "server/rpc/list_cache.h"
#include "server/rpc/logs.h"
#include "server/supervisor/reloader.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// hob.v1.Supervisor: checks a request, asks the registry or the supervisor, converts the answer. No
// reaction blocks: reads are answered from snapshots, and commands when the worker brings the
// outcome.
//
// Thread-safe.
class SupervisorService
    : public v1::Supervisor::WithRawCallbackMethod_List<v1::Supervisor::CallbackService> {
 public:
  // What Info tells of the server itself.
  struct Facts {
    // As Timestamp::wall.
    absl::Time start_time;
    // "cgroup" or "session".
    std::string containment;
    // Orphans reaped so far; thread-safe.
    std::function<int64_t()> strays_reaped;
  };

  // Everything outlives the service. `note_call` is called at the beginning of each call, on any
  // thread; it must not block.
  SupervisorService(const Registry& registry, ChangeNotifier& notifier, Supervisor& supervisor,
                    Reloader& reloader, LogStore& logs, Facts facts,
                    std::function<void()> note_call, const Clock& clock = Clock::Real())
      : registry_(registry),
        notifier_(notifier),
        supervisor_(supervisor),
        reloader_(reloader),
        clock_(clock),
        all_(registry, clock),
        logs_(registry, supervisor, logs),
        facts_(std::move(facts)),
        note_call_(std::move(note_call)) {}

  // Ends the calls of Logs that follow, once they have sent all that is written; and those to come.
  void EndLogs() { logs_.End(); }

  // Takes and returns messages as they go over the wire (list_bytes.h).
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* request,
                                   v1::StatusResponse* response) override;
  grpc::ServerUnaryReactor* Restart(grpc::CallbackServerContext* context,
                                    const v1::RestartRequest* request,
                                    v1::RestartResponse* response) override;
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  const v1::StartRequest* request,
                                  v1::StartResponse* response) override;
  grpc::ServerUnaryReactor* Stop(grpc::CallbackServerContext* context,
                                 const v1::StopRequest* request,
                                 v1::StopResponse* response) override;
  grpc::ServerUnaryReactor* Signal(grpc::CallbackServerContext* context,
                                   const v1::SignalRequest* request,
                                   v1::SignalResponse* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;
  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const v1::InfoRequest* request,
                                 v1::InfoResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;
  grpc::ServerWriteReactor<v1::LogsResponse>* Logs(grpc::CallbackServerContext* context,
                                                   const v1::LogsRequest* request) override;

 private:
  // Hands `command` on and answers with its outcome in response->daemon.
  template <typename Response>
  grpc::ServerUnaryReactor* Carry(const std::string& name, absl::StatusOr<Command> command,
                                  Response* response);
  // Precondition: CheckList.
  grpc::Slice ListedAs(const v1::ListRequest& wanted);

  const Registry& registry_;
  ChangeNotifier& notifier_;
  ::hob::Supervisor& supervisor_;
  Reloader& reloader_;
  const Clock& clock_;
  // For who wants to see all daemons.
  ListCache all_;
  ::hob::Logs logs_;
  const Facts facts_;
  const std::function<void()> note_call_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_SUPERVISOR_SERVICE_H_
