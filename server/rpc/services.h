#ifndef HOB_SERVER_RPC_SERVICES_H_
#define HOB_SERVER_RPC_SERVICES_H_

#include <utility>

#include "grpc/health/v1/health.grpc.pb.h"
#include "hob/v1/supervisor.grpc.pb.h"
#include "server/api/handlers.h"
#include "server/daemon/caller.h"

namespace hob {

// hob.v1.Supervisor over gRPC: passes each call to the handlers, and their answer to gRPC.
//
// Thread-safe.
class SupervisorService
    : public v1::Supervisor::WithRawCallbackMethod_List<v1::Supervisor::CallbackService> {
 public:
  // All calls come from `caller`, except that a TCP caller is named by its address. `handlers`
  // outlives the object.
  SupervisorService(Handlers& handlers, Caller caller)
      : handlers_(handlers), caller_(std::move(caller)) {}

  // Takes and returns messages in wire format, because the handler caches them encoded.
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
  grpc::ServerUnaryReactor* Hold(grpc::CallbackServerContext* context,
                                 const v1::HoldRequest* request,
                                 v1::HoldResponse* response) override;
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context,
                                    const v1::ReleaseRequest* request,
                                    v1::ReleaseResponse* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;
  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context,
                                 const v1::InfoRequest* request,
                                 v1::InfoResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;
  grpc::ServerWriteReactor<v1::RollResponse>* Roll(grpc::CallbackServerContext* context,
                                                   const v1::RollRequest* request) override;
  grpc::ServerWriteReactor<v1::LogsResponse>* Logs(grpc::CallbackServerContext* context,
                                                   const v1::LogsRequest* request) override;

 private:
  Handlers& handlers_;
  const Caller caller_;
};

// grpc.health.v1.Health over gRPC. gRPC's own service would report SERVING even while everything
// behind it hangs, and it is unknown to reflection.
//
// Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  // As for SupervisorService.
  HealthService(Handlers& handlers, Caller caller)
      : handlers_(handlers), caller_(std::move(caller)) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  Handlers& handlers_;
  const Caller caller_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_SERVICES_H_
