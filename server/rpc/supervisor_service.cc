#include "server/rpc/supervisor_service.h"

#include <google/protobuf/util/time_util.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/shown_times.h"
#include "server/daemon/signal_name.h"
#include "server/errors/errors.h"
#include "server/rpc/convert.h"
#include "server/rpc/list_bytes.h"
#include "server/rpc/name_globs.h"
#include "server/rpc/pending_call.h"
#include "server/rpc/status.h"
#include "server/rpc/watch.h"
#include "server/version/version.h"

namespace hob {
namespace {

constexpr int kDefaultPageSize = 1000;
constexpr int kMaxPageSize = 5000;

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// A TCP address serves only what reads: there is nobody's identity behind it.
absl::Status CheckMayChange(const grpc::CallbackServerContext& context, absl::string_view method) {
  return absl::StartsWith(context.peer(), "unix:") ? absl::OkStatus() : ReadOnlyAddress(method);
}

absl::Status CheckName(const std::string& name) {
  if (name.empty()) return InvalidRequest("name", "is missing: give the name of a daemon");
  if (!IsValidDaemonName(name)) return InvalidRequest("name", WhyInvalidDaemonName(name));
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ReadTimeout(const google::protobuf::Duration& timeout) {
  const absl::Duration duration =
      absl::Seconds(timeout.seconds()) + absl::Nanoseconds(timeout.nanos());
  if (duration <= absl::ZeroDuration()) {
    return InvalidRequest("timeout",
                          "is not greater than 0: leave it out to wait for the outcome, "
                          "or set no_wait not to wait at all");
  }
  return duration;
}

// A Start, Stop or Restart, checked.
template <typename Request>
absl::StatusOr<Command> ReadCommand(const grpc::CallbackServerContext& context,
                                    const Request& request, Command::Kind kind,
                                    absl::string_view method) {
  if (absl::Status status = CheckMayChange(context, method); !status.ok()) return status;
  if (absl::Status status = CheckName(request.name()); !status.ok()) return status;
  Command command;
  command.kind = kind;
  command.no_wait = request.no_wait();
  if (request.has_timeout()) {
    absl::StatusOr<absl::Duration> timeout = ReadTimeout(request.timeout());
    if (!timeout.ok()) return timeout.status();
    command.timeout = *timeout;
  }
  return command;
}

absl::StatusOr<Command> ReadSignal(const grpc::CallbackServerContext& context,
                                   const v1::SignalRequest& request) {
  if (absl::Status status = CheckMayChange(context, "Signal"); !status.ok()) return status;
  if (absl::Status status = CheckName(request.name()); !status.ok()) return status;
  const absl::optional<int> signal = ParseSignal(request.signal());
  if (!signal.has_value()) return InvalidSignal(request.signal());
  Command command;
  command.kind = Command::Kind::kSignal;
  command.signal = *signal;
  command.signal_all = request.all();
  return command;
}

absl::StatusOr<v1::ListRequest> ParseList(const grpc::ByteBuffer& bytes) {
  // To read takes it away; the slices are shared.
  grpc::ByteBuffer copy = bytes;
  v1::ListRequest request;
  if (grpc::SerializationTraits<v1::ListRequest>::Deserialize(&copy, &request).ok()) return request;
  return MalformedRequest();
}

absl::Status CheckList(const v1::ListRequest& request) {
  if (request.page_size() < 0) return InvalidRequest("page_size", "is negative");
  if (!request.page_token().empty() && !IsValidDaemonName(request.page_token())) {
    return InvalidRequest("page_token", "is none that an earlier List has returned");
  }
  for (int state : request.states()) {
    if (state == v1::Daemon::STATE_UNSPECIFIED || !v1::Daemon::State_IsValid(state)) {
      return InvalidRequest("states", "has a value that is not a state");
    }
  }
  return absl::OkStatus();
}

bool Matches(const v1::ListRequest& request, const DaemonSnapshot& daemon) {
  const auto& states = request.states();
  if (!states.empty() &&
      std::find(states.begin(), states.end(), ToProto(daemon.state)) == states.end()) {
    return false;
  }
  return MatchesGlobs(request.names(), daemon.name());
}

}  // namespace

grpc::ServerUnaryReactor* SupervisorService::List(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  note_call_();
  const absl::StatusOr<v1::ListRequest> wanted = ParseList(*request);
  const absl::Status status = wanted.ok() ? CheckList(*wanted) : wanted.status();
  if (!status.ok()) return Answer(context, status);
  const grpc::Slice bytes = ListedAs(*wanted);
  *response = grpc::ByteBuffer(&bytes, 1);
  return Answer(context, absl::OkStatus());
}

grpc::Slice SupervisorService::ListedAs(const v1::ListRequest& wanted) {
  const int limit =
      wanted.page_size() == 0 ? kDefaultPageSize : std::min(wanted.page_size(), kMaxPageSize);
  if (wanted.names().empty() && wanted.states().empty() && wanted.page_token().empty()) {
    return all_.FirstPage(limit);
  }
  const Registry::Page page =
      registry_.List(wanted.page_token(), limit,
                     [&wanted](const DaemonSnapshot& daemon) { return Matches(wanted, daemon); });
  return grpc::Slice(ListBytes(page, clock_.WallStep()));
}

grpc::ServerUnaryReactor* SupervisorService::Status(grpc::CallbackServerContext* context,
                                                    const v1::StatusRequest* request,
                                                    v1::StatusResponse* response) {
  note_call_();
  if (absl::Status status = CheckName(request->name()); !status.ok()) {
    return Answer(context, status);
  }
  DaemonSnapshotPtr daemon = registry_.Find(request->name());
  if (daemon == nullptr) return Answer(context, supervisor_.WhyNotFound(request->name()));
  daemon = WithShownTimes(std::move(daemon), clock_.WallStep());
  ToProto(*daemon, *response->mutable_daemon());
  ToProto(*daemon->spec, *response->mutable_spec());
  if (daemon->pid != 0) PresentRunToProto(*daemon, *response->add_runs());
  for (const EndedRun& run : *daemon->runs) ToProto(run, *response->add_runs());
  response->set_containment(facts_.containment);
  response->set_small_pipe_bytes(daemon->notes->small_pipe_bytes);
  return Answer(context, absl::OkStatus());
}

template <typename Response>
grpc::ServerUnaryReactor* SupervisorService::Carry(const std::string& name,
                                                   absl::StatusOr<Command> command,
                                                   Response* response) {
  note_call_();
  const std::shared_ptr<PendingCall> call = PendingCall::Create();
  Command::Done done = [this, call, response](const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
    call->Complete([&] {
      if (outcome.ok()) {
        ToProto(*WithShownTimes(*outcome, clock_.WallStep()), *response->mutable_daemon());
      }
      return ToGrpcStatus(outcome.status());
    });
  };
  if (command.ok()) {
    command->done = std::move(done);
    supervisor_.Post(name, *std::move(command));
  } else {
    done(command.status());
  }
  return call.get();
}

grpc::ServerUnaryReactor* SupervisorService::Restart(grpc::CallbackServerContext* context,
                                                     const v1::RestartRequest* request,
                                                     v1::RestartResponse* response) {
  return Carry(request->name(), ReadCommand(*context, *request, Command::Kind::kRestart, "Restart"),
               response);
}

grpc::ServerUnaryReactor* SupervisorService::Start(grpc::CallbackServerContext* context,
                                                   const v1::StartRequest* request,
                                                   v1::StartResponse* response) {
  return Carry(request->name(), ReadCommand(*context, *request, Command::Kind::kStart, "Start"),
               response);
}

grpc::ServerUnaryReactor* SupervisorService::Stop(grpc::CallbackServerContext* context,
                                                  const v1::StopRequest* request,
                                                  v1::StopResponse* response) {
  return Carry(request->name(), ReadCommand(*context, *request, Command::Kind::kStop, "Stop"),
               response);
}

grpc::ServerUnaryReactor* SupervisorService::Signal(grpc::CallbackServerContext* context,
                                                    const v1::SignalRequest* request,
                                                    v1::SignalResponse* response) {
  return Carry(request->name(), ReadSignal(*context, *request), response);
}

grpc::ServerUnaryReactor* SupervisorService::Reload(grpc::CallbackServerContext* context,
                                                    const v1::ReloadRequest* request,
                                                    v1::ReloadResponse* response) {
  note_call_();
  if (absl::Status status = CheckMayChange(*context, "Reload"); !status.ok()) {
    return Answer(context, status);
  }
  const std::shared_ptr<PendingCall> call = PendingCall::Create();
  reloader_.Request(request->dry_run(),
                    [call, response](const absl::StatusOr<Reloader::Outcome>& outcome) {
                      call->Complete([&] {
                        if (!outcome.ok()) return ToGrpcStatus(outcome.status());
                        for (const PlanEntry& entry : outcome->plan.daemons) {
                          v1::DaemonChange& change = *response->add_changes();
                          ToProto(entry, change);
                          const auto daemon = outcome->outcomes.find(entry.name);
                          if (daemon != outcome->outcomes.end()) ToProto(daemon->second, change);
                        }
                        for (const ConfigProblem& error : outcome->errors) {
                          ToProto(error, *response->add_errors());
                        }
                        for (const ConfigProblem& warning : outcome->warnings) {
                          ToProto(warning, *response->add_warnings());
                        }
                        for (const std::string& key : outcome->plan.server_keys) {
                          response->add_server_keys(key);
                        }
                        response->set_generation(outcome->generation);
                        return grpc::Status::OK;
                      });
                    });
  return call.get();
}

grpc::ServerUnaryReactor* SupervisorService::Info(grpc::CallbackServerContext* context,
                                                  const v1::InfoRequest*,
                                                  v1::InfoResponse* response) {
  note_call_();
  response->set_version(kVersion);
  const int64_t nanos = absl::ToUnixNanos(facts_.start_time + clock_.WallStep());
  *response->mutable_start_time() = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(nanos);
  response->set_config_generation(supervisor_.generation());
  response->set_pid(getpid());
  response->set_containment(facts_.containment);
  response->set_strays_reaped(facts_.strays_reaped());
  auto& counts = *response->mutable_counts();
  for (DaemonState state : kAllDaemonStates) counts[std::string(DaemonStateName(state))] = 0;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    ++counts[std::string(DaemonStateName(daemon->state))];
  }
  return Answer(context, absl::OkStatus());
}

grpc::ServerWriteReactor<v1::WatchResponse>* SupervisorService::Watch(
    grpc::CallbackServerContext*, const v1::WatchRequest* request) {
  note_call_();
  return ::hob::Watch(registry_, notifier_, *request, clock_);
}

grpc::ServerWriteReactor<v1::LogsResponse>* SupervisorService::Logs(
    grpc::CallbackServerContext*, const v1::LogsRequest* request) {
  note_call_();
  return logs_.Answer(*request);
}

}  // namespace hob
