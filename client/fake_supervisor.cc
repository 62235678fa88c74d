#include "client/fake_supervisor.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace hob {
namespace client {
namespace {

constexpr int kNewPid = 4242;

// Returns a failure with details, like those of the real server.
grpc::Status FromServer(grpc::StatusCode code, const std::string& message) {
  return grpc::Status(code, message, "details");
}

template <typename Request>
std::string AskedFor(const Request& request) {
  return absl::StrCat(
      request.no_wait() ? " no_wait" : "",
      request.has_timeout() ? absl::StrCat(" ", request.timeout().seconds(), "s") : "");
}

}  // namespace

FakeSupervisor::~FakeSupervisor() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

bool FakeSupervisor::Serve(const std::string& path) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  builder.RegisterService(&health_);
  server_ = builder.BuildAndStart();
  return server_ != nullptr;
}

void FakeSupervisor::Put(const v1::StatusResponse& daemon) {
  absl::MutexLock lock(&mutex_);
  daemons_[daemon.daemon().name()] = daemon;
}

void FakeSupervisor::Fail(const std::string& method, const std::string& name, grpc::StatusCode code,
                          const std::string& message) {
  absl::MutexLock lock(&mutex_);
  failures_[{method, name}] = FromServer(code, message);
}

void FakeSupervisor::BreakOff(const std::string& method) {
  absl::MutexLock lock(&mutex_);
  broken_off_.insert(method);
}

void FakeSupervisor::SetInfo(const v1::InfoResponse& info) {
  absl::MutexLock lock(&mutex_);
  info_ = info;
}

void FakeSupervisor::SetReload(const v1::ReloadResponse& real, const v1::ReloadResponse& dry_run) {
  absl::MutexLock lock(&mutex_);
  real_reload_ = real;
  dry_reload_ = dry_run;
}

void FakeSupervisor::SetPageSize(int size) {
  absl::MutexLock lock(&mutex_);
  page_size_ = size;
}

void FakeSupervisor::HoldRestartsUntil(int count) {
  absl::MutexLock lock(&mutex_);
  awaited_restarts_ = count;
}

std::vector<std::string> FakeSupervisor::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

grpc::Status FakeSupervisor::BeginLocked(const std::string& method, const std::string& name,
                                         const std::string& details) {
  calls_.push_back(absl::StrCat(method, name.empty() ? "" : " ", name, details));
  if (broken_off_.count(method) > 0) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  }
  const auto failure = failures_.find({method, name});
  if (failure != failures_.end()) return failure->second;
  if (!name.empty() && daemons_.count(name) == 0) {
    return FromServer(grpc::StatusCode::NOT_FOUND,
                      absl::StrCat("no daemon '", name, "'; did you mean 'web'?"));
  }
  return grpc::Status::OK;
}

template <typename Request, typename Response>
grpc::Status FakeSupervisor::Command(const std::string& method, const Request& request,
                                     v1::Daemon::State state, Response* response) {
  absl::MutexLock lock(&mutex_);
  grpc::Status status = BeginLocked(method, request.name(), AskedFor(request));
  if (!status.ok()) return status;
  v1::Daemon& daemon = *daemons_[request.name()].mutable_daemon();
  daemon.set_state(state);
  daemon.set_pid(state == v1::Daemon::RUNNING ? kNewPid : 0);
  *response->mutable_daemon() = daemon;
  return grpc::Status::OK;
}

grpc::Status FakeSupervisor::List(grpc::ServerContext*, const v1::ListRequest* request,
                                  v1::ListResponse* response) {
  absl::MutexLock lock(&mutex_);
  const auto failure = failures_.find({"List", ""});
  if (failure != failures_.end()) return failure->second;
  const std::vector<std::string> patterns(request->names().begin(), request->names().end());
  const int size = std::min(page_size_, request->page_size());
  for (const auto& entry : daemons_) {
    const v1::Daemon& daemon = entry.second.daemon();
    if (!request->page_token().empty() && !NameLess()(request->page_token(), entry.first)) {
      continue;
    }
    v1::ListResponse alone;
    *alone.add_daemons() = daemon;
    std::vector<std::string> unmatched;
    if (!patterns.empty() && MatchDaemons(patterns, alone.daemons(), &unmatched).empty()) continue;
    const auto& states = request->states();
    if (!states.empty() &&
        std::find(states.begin(), states.end(), daemon.state()) == states.end()) {
      continue;
    }
    if (response->daemons_size() == size) {
      response->set_next_page_token(response->daemons(size - 1).name());
      break;
    }
    *response->add_daemons() = daemon;
  }
  return grpc::Status::OK;
}

grpc::Status FakeSupervisor::Status(grpc::ServerContext*, const v1::StatusRequest* request,
                                    v1::StatusResponse* response) {
  absl::MutexLock lock(&mutex_);
  grpc::Status status = BeginLocked("Status", request->name(), "");
  if (status.ok()) *response = daemons_[request->name()];
  return status;
}

grpc::Status FakeSupervisor::Start(grpc::ServerContext*, const v1::StartRequest* request,
                                   v1::StartResponse* response) {
  return Command("Start", *request, v1::Daemon::RUNNING, response);
}

grpc::Status FakeSupervisor::Stop(grpc::ServerContext*, const v1::StopRequest* request,
                                  v1::StopResponse* response) {
  return Command("Stop", *request, v1::Daemon::STOPPED, response);
}

grpc::Status FakeSupervisor::Restart(grpc::ServerContext* context,
                                     const v1::RestartRequest* request,
                                     v1::RestartResponse* response) {
  {
    absl::MutexLock lock(&mutex_);
    ++restarts_under_way_;
    const auto all_here = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return restarts_under_way_ >= awaited_restarts_;
    };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&all_here), absl::Milliseconds(10)) &&
           !context->IsCancelled()) {
    }
  }
  return Command("Restart", *request, v1::Daemon::RUNNING, response);
}

void FakeSupervisor::SetRoll(const std::string& name,
                             const std::vector<v1::RollResponse>& responses,
                             const grpc::Status& end) {
  absl::MutexLock lock(&mutex_);
  rolls_[name] = {responses, end};
}

void FakeSupervisor::SetEndlessRoll(const std::string& name,
                                    const std::vector<v1::RollResponse>& responses) {
  absl::MutexLock lock(&mutex_);
  rolls_[name] = {responses, grpc::Status::CANCELLED, /*endless=*/true};
}

void FakeSupervisor::AwaitEndlessRolls(int count) {
  absl::MutexLock lock(&mutex_);
  const auto all_begun = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return endless_rolls_ >= count;
  };
  mutex_.Await(absl::Condition(&all_begun));
}

grpc::Status FakeSupervisor::Roll(grpc::ServerContext* context, const v1::RollRequest* request,
                                  grpc::ServerWriter<v1::RollResponse>* writer) {
  ScriptedRoll roll;
  {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(
        absl::StrCat("Roll ", request->name(),
                     request->reason().empty() ? "" : absl::StrCat(" '", request->reason(), "'")));
    if (broken_off_.count("Roll") > 0) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
    }
    roll = rolls_[request->name()];
  }
  for (const v1::RollResponse& response : roll.responses) writer->Write(response);
  if (roll.endless) {
    {
      absl::MutexLock lock(&mutex_);
      ++endless_rolls_;
    }
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
  }
  return roll.end;
}

grpc::Status FakeSupervisor::Signal(grpc::ServerContext*, const v1::SignalRequest* request,
                                    v1::SignalResponse* response) {
  absl::MutexLock lock(&mutex_);
  grpc::Status status =
      BeginLocked("Signal", request->name(),
                  absl::StrCat(" ", request->signal(), request->all() ? " all" : ""));
  if (status.ok()) *response->mutable_daemon() = daemons_[request->name()].daemon();
  return status;
}

grpc::Status FakeSupervisor::Hold(grpc::ServerContext*, const v1::HoldRequest* request,
                                  v1::HoldResponse* response) {
  absl::MutexLock lock(&mutex_);
  grpc::Status status = BeginLocked(
      "Hold", request->name(),
      absl::StrCat(request->has_ttl() ? absl::StrCat(" ", request->ttl().seconds(), "s") : "", " '",
                   request->reason(), "'"));
  if (!status.ok()) return status;
  v1::Daemon& daemon = *daemons_[request->name()].mutable_daemon();
  v1::Hold& hold = *daemon.mutable_hold();
  hold.Clear();
  hold.set_owner("alice (uid 1001)");
  hold.set_reason(request->reason());
  hold.mutable_create_time()->set_seconds(kHoldSeconds);
  if (request->has_ttl()) {
    hold.mutable_expire_time()->set_seconds(kHoldSeconds + request->ttl().seconds());
  }
  *response->mutable_daemon() = daemon;
  return grpc::Status::OK;
}

grpc::Status FakeSupervisor::Release(grpc::ServerContext*, const v1::ReleaseRequest* request,
                                     v1::ReleaseResponse* response) {
  absl::MutexLock lock(&mutex_);
  grpc::Status status =
      BeginLocked("Release", request->name(),
                  request->reason().empty() ? "" : absl::StrCat(" '", request->reason(), "'"));
  if (!status.ok()) return status;
  v1::Daemon& daemon = *daemons_[request->name()].mutable_daemon();
  daemon.clear_hold();
  *response->mutable_daemon() = daemon;
  return grpc::Status::OK;
}

grpc::Status FakeSupervisor::Reload(grpc::ServerContext*, const v1::ReloadRequest* request,
                                    v1::ReloadResponse* response) {
  absl::MutexLock lock(&mutex_);
  if (request->dry_run()) {
    *response = dry_reload_;
    calls_.push_back("Reload dry_run");
    return grpc::Status::OK;
  }
  *response = real_reload_;
  return BeginLocked("Reload", "", "");
}

grpc::Status FakeSupervisor::Info(grpc::ServerContext*, const v1::InfoRequest*,
                                  v1::InfoResponse* response) {
  absl::MutexLock lock(&mutex_);
  *response = info_;
  return BeginLocked("Info", "", "");
}

void FakeSupervisor::SetWatch(const std::vector<v1::WatchResponse>& responses,
                              const grpc::Status& end) {
  absl::MutexLock lock(&mutex_);
  watch_ = responses;
  watch_end_ = end;
}

grpc::Status FakeSupervisor::Watch(grpc::ServerContext*, const v1::WatchRequest* request,
                                   grpc::ServerWriter<v1::WatchResponse>* writer) {
  absl::MutexLock lock(&mutex_);
  calls_.push_back(absl::StrCat("Watch ", absl::StrJoin(request->names(), " ")));
  for (const v1::WatchResponse& response : watch_) writer->Write(response);
  return watch_end_;
}

void FakeSupervisor::SetLogs(const std::vector<v1::LogsResponse>& responses) {
  absl::MutexLock lock(&mutex_);
  logs_ = responses;
}

grpc::Status FakeSupervisor::Logs(grpc::ServerContext*, const v1::LogsRequest* request,
                                  grpc::ServerWriter<v1::LogsResponse>* writer) {
  absl::MutexLock lock(&mutex_);
  calls_.push_back(absl::StrCat("Logs ", request->ShortDebugString()));
  for (const v1::LogsResponse& response : logs_) writer->Write(response);
  return grpc::Status::OK;
}

void FakeSupervisor::SetHealth(const std::string& service,
                               grpc::health::v1::HealthCheckResponse::ServingStatus status) {
  health_.Set(service, status);
}

void FakeSupervisor::FakeHealth::Set(const std::string& service,
                                     grpc::health::v1::HealthCheckResponse::ServingStatus status) {
  absl::MutexLock lock(&mutex_);
  statuses_[service] = status;
}

grpc::Status FakeSupervisor::FakeHealth::Check(grpc::ServerContext*,
                                               const grpc::health::v1::HealthCheckRequest* request,
                                               grpc::health::v1::HealthCheckResponse* response) {
  absl::MutexLock lock(&mutex_);
  const auto found = statuses_.find(request->service());
  if (found == statuses_.end()) {
    return FromServer(grpc::StatusCode::NOT_FOUND,
                      absl::StrCat("no daemon '", request->service(), "'"));
  }
  response->set_status(found->second);
  return grpc::Status::OK;
}

}  // namespace client
}  // namespace hob
