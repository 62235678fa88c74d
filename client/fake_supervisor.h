// A server for tests of the client: it speaks the API over a real socket and runs no daemon.
#ifndef HOB_CLIENT_FAKE_SUPERVISOR_H_
#define HOB_CLIENT_FAKE_SUPERVISOR_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/name_resolution.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_context.h"
#include "hob/v1/supervisor.grpc.pb.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {

// Keeps the daemons given to Put; a command moves its daemon to the requested state at once.
// Thread-safe.
class FakeSupervisor : public v1::Supervisor::Service {
 public:
  // When every hold is placed: 2026-01-01 12:00:00 UTC, in seconds since the epoch.
  static constexpr int64_t kHoldSeconds = 1767268800;

  FakeSupervisor() = default;
  // Stops the service.
  ~FakeSupervisor() override;

  // Serves on the Unix socket `path`. Returns false if that failed.
  bool Serve(const std::string& path);

  void Put(const v1::StatusResponse& daemon);
  // Makes every later call of `method` ("Restart") for this daemon fail. `name` is empty for
  // methods that take no name.
  void Fail(const std::string& method, const std::string& name, grpc::StatusCode code,
            const std::string& message);
  // Makes every later call of `method` for any daemon fail as if the connection had broken.
  void BreakOff(const std::string& method);
  void SetInfo(const v1::InfoResponse& info);
  // Sets the answers of Reload without and with `dry_run`.
  void SetReload(const v1::ReloadResponse& real, const v1::ReloadResponse& dry_run);
  // Limits the number of daemons on a page; overrides the request.
  void SetPageSize(int size);
  // Sets the responses that every Watch sends before it ends with `end`.
  void SetWatch(const std::vector<v1::WatchResponse>& responses, const grpc::Status& end);
  // Sets the responses that every Logs sends before it ends.
  void SetLogs(const std::vector<v1::LogsResponse>& responses);
  // Sets the health service's answer for `service`; other services are NOT_FOUND.
  void SetHealth(const std::string& service,
                 grpc::health::v1::HealthCheckResponse::ServingStatus status);
  // Makes each Restart block until `count` of them are in progress at the same time, or until the
  // client ends the call.
  void HoldRestartsUntil(int count);
  // Sets the responses that every Roll of `name` sends before it ends with `end`.
  void SetRoll(const std::string& name, const std::vector<v1::RollResponse>& responses,
               const grpc::Status& end = grpc::Status::OK);
  // The same, but the Roll ends only when the client ends the call.
  void SetEndlessRoll(const std::string& name, const std::vector<v1::RollResponse>& responses);
  // Blocks until the client has begun `count` endless rolls.
  void AwaitEndlessRolls(int count);

  // Returns "METHOD NAME" of every call so far except List; the options of a command follow.
  std::vector<std::string> calls() const;

  grpc::Status List(grpc::ServerContext* context, const v1::ListRequest* request,
                    v1::ListResponse* response) override;
  grpc::Status Status(grpc::ServerContext* context, const v1::StatusRequest* request,
                      v1::StatusResponse* response) override;
  grpc::Status Start(grpc::ServerContext* context, const v1::StartRequest* request,
                     v1::StartResponse* response) override;
  grpc::Status Stop(grpc::ServerContext* context, const v1::StopRequest* request,
                    v1::StopResponse* response) override;
  grpc::Status Restart(grpc::ServerContext* context, const v1::RestartRequest* request,
                       v1::RestartResponse* response) override;
  grpc::Status Roll(grpc::ServerContext* context, const v1::RollRequest* request,
                    grpc::ServerWriter<v1::RollResponse>* writer) override;
  grpc::Status Signal(grpc::ServerContext* context, const v1::SignalRequest* request,
                      v1::SignalResponse* response) override;
  // The owner of every hold is "alice (uid 1001)".
  grpc::Status Hold(grpc::ServerContext* context, const v1::HoldRequest* request,
                    v1::HoldResponse* response) override;
  grpc::Status Release(grpc::ServerContext* context, const v1::ReleaseRequest* request,
                       v1::ReleaseResponse* response) override;
  grpc::Status Reload(grpc::ServerContext* context, const v1::ReloadRequest* request,
                      v1::ReloadResponse* response) override;
  grpc::Status Info(grpc::ServerContext* context, const v1::InfoRequest* request,
                    v1::InfoResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::WatchResponse>* writer) override;
  grpc::Status Logs(grpc::ServerContext* context, const v1::LogsRequest* request,
                    grpc::ServerWriter<v1::LogsResponse>* writer) override;

 private:
  // The health service of the same server.
  class FakeHealth : public grpc::health::v1::Health::Service {
   public:
    void Set(const std::string& service,
             grpc::health::v1::HealthCheckResponse::ServingStatus status);
    grpc::Status Check(grpc::ServerContext* context,
                       const grpc::health::v1::HealthCheckRequest* request,
                       grpc::health::v1::HealthCheckResponse* response) override;

   private:
    absl::Mutex mutex_;
    std::map<std::string, grpc::health::v1::HealthCheckResponse::ServingStatus> statuses_
        ABSL_GUARDED_BY(mutex_);
  };

  struct ScriptedRoll {
    std::vector<v1::RollResponse> responses;
    grpc::Status end;
    bool endless = false;
  };

  using MethodAndName = std::pair<std::string, std::string>;

  // Records the call. Returns the failure set for it, or NOT_FOUND if there is no such daemon.
  grpc::Status BeginLocked(const std::string& method, const std::string& name,
                           const std::string& details) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Request, typename Response>
  grpc::Status Command(const std::string& method, const Request& request, v1::Daemon::State state,
                       Response* response) ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, v1::StatusResponse, NameLess> daemons_ ABSL_GUARDED_BY(mutex_);
  std::map<MethodAndName, grpc::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> broken_off_ ABSL_GUARDED_BY(mutex_);
  v1::InfoResponse info_ ABSL_GUARDED_BY(mutex_);
  v1::ReloadResponse real_reload_ ABSL_GUARDED_BY(mutex_);
  v1::ReloadResponse dry_reload_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::WatchResponse> watch_ ABSL_GUARDED_BY(mutex_);
  grpc::Status watch_end_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::LogsResponse> logs_ ABSL_GUARDED_BY(mutex_);
  int page_size_ ABSL_GUARDED_BY(mutex_) = 5000;
  int awaited_restarts_ ABSL_GUARDED_BY(mutex_) = 0;
  int restarts_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, ScriptedRoll> rolls_ ABSL_GUARDED_BY(mutex_);
  int endless_rolls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> calls_ ABSL_GUARDED_BY(mutex_);
  FakeHealth health_;
  // Last, so that calls end before the other members go.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_FAKE_SUPERVISOR_H_
