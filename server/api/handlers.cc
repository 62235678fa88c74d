#include "server/api/handlers.h"

#include <google/protobuf/util/time_util.h>
#include <unistd.h>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/logs_request.h"
#include "server/api/name_globs.h"
#include "server/config/plan.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/dependency.h"
#include "server/daemon/hold.h"
#include "server/daemon/shown_times.h"
#include "server/daemon/signal_name.h"
#include "server/errors/errors.h"
#include "server/registry/change_reader.h"
#include "server/text/printable.h"
#include "server/version/version.h"

namespace hob {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Longest time until a hold ends by itself.
constexpr absl::Duration kMaxHold = absl::Hours(24 * 36525);

absl::Status CheckName(const std::string& name) {
  if (name.empty()) return InvalidRequest("name", "is missing: give the name of a daemon");
  if (!IsNameOfDaemon(name)) return InvalidRequest("name", WhyInvalidDaemonName(name));
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ReadTimeout(const google::protobuf::Duration& timeout) {
  const absl::Duration duration =
      absl::Seconds(timeout.seconds()) + absl::Nanoseconds(timeout.nanos());
  if (duration <= absl::ZeroDuration()) {
    return InvalidRequest("timeout",
                          "is not greater than 0: omit it to wait for the outcome, "
                          "or set no_wait to not wait at all");
  }
  return duration;
}

// Returns the caller with the reason of its request.
template <typename Request>
absl::StatusOr<Caller> ReadCaller(Caller caller, const Request& request) {
  // A byte that does not continue a character begins one.
  const auto begins = [](char byte) { return (byte & 0xC0) != 0x80; };
  caller.reason = request.reason();
  if (absl::c_count_if(caller.reason, begins) <= kMaxReasonCharacters) return caller;
  return InvalidRequest(
      "reason", absl::StrCat("is longer than ", kMaxReasonCharacters, " characters: shorten it"));
}

// Makes a command for one daemon.
template <typename Request>
absl::StatusOr<Command> MakeCommand(const Caller& caller, const Request& request,
                                    Command::Kind kind) {
  if (absl::Status status = CheckName(request.name()); !status.ok()) return status;
  absl::StatusOr<Caller> with_reason = ReadCaller(caller, request);
  if (!with_reason.ok()) return with_reason.status();
  return Command(kind, *std::move(with_reason));
}

// Checks a Start, Stop or Restart.
template <typename Request>
absl::StatusOr<Command> ReadCommand(const Caller& caller, const Request& request,
                                    Command::Kind kind) {
  absl::StatusOr<Command> command = MakeCommand(caller, request, kind);
  if (!command.ok()) return command;
  command->no_wait = request.no_wait();
  if (request.has_timeout()) {
    absl::StatusOr<absl::Duration> timeout = ReadTimeout(request.timeout());
    if (!timeout.ok()) return timeout.status();
    command->timeout = *timeout;
  }
  return command;
}

absl::StatusOr<Command> ReadSignal(const Caller& caller, const v1::SignalRequest& request) {
  absl::StatusOr<Command> command = MakeCommand(caller, request, Command::Kind::kSignal);
  if (!command.ok()) return command;
  const absl::optional<int> signal = ParseSignal(request.signal());
  if (!signal.has_value()) return InvalidSignal(request.signal());
  command->signal = *signal;
  command->signal_all = request.all();
  return command;
}

// Returns the time at which the hold ends by itself, in the form of Timestamp::wall; absent if it
// does not.
absl::StatusOr<absl::optional<absl::Time>> ReadExpiration(const v1::HoldRequest& request,
                                                          const Clock& clock) {
  const absl::Time now = clock.Now().wall;
  absl::Duration span;
  const char* field = "expire_time";
  const char* over = "is not in the future";
  switch (request.expiration_case()) {
    case v1::HoldRequest::EXPIRATION_NOT_SET:
      return absl::nullopt;
    case v1::HoldRequest::kTtl:
      field = "ttl";
      over = "is not greater than 0";
      span = absl::Seconds(request.ttl().seconds()) + absl::Nanoseconds(request.ttl().nanos());
      break;
    case v1::HoldRequest::kExpireTime:
      span = absl::FromUnixSeconds(request.expire_time().seconds()) +
             absl::Nanoseconds(request.expire_time().nanos()) - clock.WallStep() - now;
      break;
  }
  if (span <= absl::ZeroDuration()) {
    return InvalidRequest(field, absl::StrCat(over, ": omit it to hold until released"));
  }
  if (span > kMaxHold) {
    return InvalidRequest(field, "is more than 100 years ahead: omit it to hold until released");
  }
  return now + span;
}

absl::StatusOr<Command> ReadHold(const Caller& caller, const v1::HoldRequest& request,
                                 const Clock& clock) {
  absl::StatusOr<Command> command = MakeCommand(caller, request, Command::Kind::kHold);
  if (!command.ok()) return command;
  if (absl::StripAsciiWhitespace(request.reason()).empty()) {
    return InvalidRequest("reason", "is missing: say why the daemon is held");
  }
  const absl::StatusOr<absl::optional<absl::Time>> expiration = ReadExpiration(request, clock);
  if (!expiration.ok()) return expiration.status();
  command->hold = std::make_shared<const Hold>(
      Hold{command->caller.name, command->caller.reason, clock.Now().wall, *expiration});
  return command;
}

// Adds the daemons that `daemon` depends on, and those that depend on it.
void AddDependencies(const DaemonSnapshot& daemon, const Registry& registry,
                     v1::StatusResponse& response) {
  const auto find = [&registry](const std::string& name) { return registry.Find(name); };
  for (const Dependency& dependency : daemon.spec->depends_on) {
    v1::Dependency& added = *response.add_dependencies();
    added.set_daemon(dependency.daemon);
    added.set_condition(ToProto(dependency.condition));
    added.set_met(IsMet(dependency, find));
    added.set_restart_with(dependency.restarts_with);
  }
  const auto now = registry.Now();
  for (const DaemonSnapshotPtr& other : now->daemons) {
    for (const Dependency& dependency : other->spec->depends_on) {
      if (dependency.daemon == daemon.name()) response.add_dependents(other->name());
    }
  }
  if (daemon.state == DaemonState::kWaiting) {
    response.set_blocked_by(daemon.awaits_release
                                ? DescribeHold(*daemon.hold)
                                : DescribeChain(UnmetDependencies(*daemon.spec, find), find));
  }
}

v1::ReloadResponse Convert(const Reloader::Outcome& outcome) {
  v1::ReloadResponse response;
  for (const PlanEntry& entry : outcome.plan.daemons) {
    v1::DaemonChange& change = *response.add_changes();
    ToProto(entry, change);
    const auto daemon = outcome.outcomes.find(entry.name);
    if (daemon != outcome.outcomes.end()) ToProto(daemon->second, change);
  }
  for (const ConfigProblem& error : outcome.errors) ToProto(error, *response.add_errors());
  for (const ConfigProblem& warning : outcome.warnings) ToProto(warning, *response.add_warnings());
  for (const std::string& key : outcome.plan.server_keys) response.add_server_keys(key);
  response.set_generation(outcome.generation);
  return response;
}

}  // namespace

void Handlers::BeginShutDown() {
  health_.BeginShutDown();
  notifier_.WakeAll();
}

void Handlers::Handle(const Caller&, const v1::ListRequest& request,
                      const Done<ListHandler::Answer>& done) {
  done(list_.List(request));
}

void Handlers::Handle(const Caller&, const v1::StatusRequest& request,
                      const Done<v1::StatusResponse>& done) {
  if (absl::Status status = CheckName(request.name()); !status.ok()) return done(status);
  DaemonSnapshotPtr daemon = registry_.Find(request.name());
  if (daemon == nullptr) return done(supervisor_.WhyNotFound(request.name()));
  daemon = WithShownTimes(std::move(daemon), clock_.WallStep());
  v1::StatusResponse response;
  ToProto(*daemon, *response.mutable_daemon());
  ToProto(*daemon->spec, *response.mutable_spec());
  if (daemon->pid != 0) PresentRunToProto(*daemon, *response.add_runs());
  for (const EndedRun& run : *daemon->runs) ToProto(run, *response.add_runs());
  AddDependencies(*daemon, registry_, response);
  absl::optional<CheckResult> check = prober_.Latest(request.name());
  if (check.has_value()) {
    check->time += clock_.WallStep();
    ToProto(*check, *response.mutable_check());
  }
  if (daemon->pending_spec != nullptr && daemon->pid != 0) {
    for (std::string& key : ChangedKeys(*daemon->spec, *daemon->pending_spec)) {
      response.add_outdated_keys(std::move(key));
    }
  }
  response.set_containment(facts_.containment);
  response.set_small_pipe_bytes(daemon->notes.small_pipe_bytes);
  done(std::move(response));
}

template <typename Response>
void Handlers::Post(absl::string_view method, const std::string& name,
                    absl::StatusOr<Command> command, const Done<Response>& done) {
  if (!command.ok()) return done(command.status());
  const std::string what = absl::StrCat(method, " ", name, " ", ByCaller(command->caller), "; ");
  const char* const success = command->no_wait ? "under way" : "done";
  command->done = [=](const absl::StatusOr<DaemonSnapshotPtr>& outcome) {
    journal_.Info({name, "command"},
                  absl::StrCat(what, outcome.ok() ? success : outcome.status().message()));
    if (!outcome.ok()) return done(outcome.status());
    Response response;
    ToProto(*WithShownTimes(*outcome, clock_.WallStep()), *response.mutable_daemon());
    done(std::move(response));
  };
  supervisor_.Post(name, *std::move(command));
}

void Handlers::Handle(const Caller& caller, const v1::RestartRequest& request,
                      const Done<v1::RestartResponse>& done) {
  Post("Restart", request.name(), ReadCommand(caller, request, Command::Kind::kRestart), done);
}

void Handlers::Handle(const Caller& caller, const v1::StartRequest& request,
                      const Done<v1::StartResponse>& done) {
  absl::StatusOr<Command> command = ReadCommand(caller, request, Command::Kind::kStart);
  if (command.ok()) command->cascade = request.with_dependencies();
  Post("Start", request.name(), std::move(command), done);
}

void Handlers::Handle(const Caller& caller, const v1::StopRequest& request,
                      const Done<v1::StopResponse>& done) {
  absl::StatusOr<Command> command = ReadCommand(caller, request, Command::Kind::kStop);
  if (command.ok()) command->cascade = request.with_dependents();
  Post("Stop", request.name(), std::move(command), done);
}

void Handlers::Handle(const Caller& caller, const v1::SignalRequest& request,
                      const Done<v1::SignalResponse>& done) {
  Post(absl::StrCat("Signal ", Printable(request.signal())), request.name(),
       ReadSignal(caller, request), done);
}

void Handlers::Handle(const Caller& caller, const v1::HoldRequest& request,
                      const Done<v1::HoldResponse>& done) {
  Post("Hold", request.name(), ReadHold(caller, request, clock_), done);
}

void Handlers::Handle(const Caller& caller, const v1::ReleaseRequest& request,
                      const Done<v1::ReleaseResponse>& done) {
  Post("Release", request.name(), MakeCommand(caller, request, Command::Kind::kRelease), done);
}

void Handlers::Handle(const Caller& caller, const v1::ReloadRequest& request,
                      const Done<v1::ReloadResponse>& done) {
  const absl::StatusOr<Caller> with_reason = ReadCaller(caller, request);
  if (!with_reason.ok()) return done(with_reason.status());
  reloader_.Request(
      request.dry_run(),
      [done](const absl::StatusOr<Reloader::Outcome>& outcome) {
        if (!outcome.ok()) return done(outcome.status());
        done(Convert(*outcome));
      },
      *with_reason);
}

void Handlers::Handle(const Caller&, const v1::InfoRequest&, const Done<v1::InfoResponse>& done) {
  v1::InfoResponse response;
  response.set_version(kVersion);
  const int64_t nanos = absl::ToUnixNanos(facts_.start_time + clock_.WallStep());
  *response.mutable_start_time() = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(nanos);
  response.set_config_generation(supervisor_.generation());
  response.set_pid(getpid());
  response.set_containment(facts_.containment);
  response.set_strays_reaped(facts_.strays_reaped());
  auto& counts = *response.mutable_counts();
  for (DaemonState state : kAllDaemonStates) counts[std::string(DaemonStateName(state))] = 0;
  for (const DaemonSnapshotPtr& daemon : registry_.All()) {
    ++counts[std::string(DaemonStateName(daemon->state))];
  }
  done(std::move(response));
}

void Handlers::Handle(const Caller& caller, const v1::RollRequest& request,
                      const Done<RollFeed>& done) {
  if (absl::Status status = CheckName(request.name()); !status.ok()) return done(status);
  const absl::StatusOr<Caller> with_reason = ReadCaller(caller, request);
  if (!with_reason.ok()) return done(with_reason.status());
  absl::StatusOr<std::shared_ptr<const Roll>> roll = supervisor_.BeginRoll(
      request.name(), *with_reason, request.outdated_only(),
      // The notifier outlives the workers, which report the events; the handlers need not.
      [&notifier = notifier_] { notifier.WakeAll(); });
  if (!roll.ok()) return done(roll.status());
  done(RollFeed(*std::move(roll), registry_, clock_));
}

void Handlers::Handle(const Caller&, const v1::WatchRequest& request, const Done<WatchFeed>& done) {
  absl::StatusOr<ChangeReader> reader = ChangeReader::Open(
      registry_,
      // A copy, because the request ends with this call.
      [globs = request.names()](const std::string& name) { return MatchesGlobs(globs, name); },
      request.resume_token());
  if (!reader.ok()) return done(reader.status());
  done(WatchFeed(*std::move(reader), clock_));
}

void Handlers::Handle(const Caller&, const v1::LogsRequest& request,
                      const Done<std::unique_ptr<LogsFeed>>& done) {
  absl::StatusOr<LogsFeed::Options> options = ReadLogsRequest(request, registry_, supervisor_);
  if (!options.ok()) return done(options.status());
  done(std::make_unique<LogsFeed>(logs_, *std::move(options)));
}

void Handlers::Handle(const Caller&, const HealthCheckRequest& request,
                      const Done<HealthCheckResponse>& done) {
  const Health::ServingStatus status = health_.Check(request.service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return done(DaemonNotFound(request.service(), {}));
  }
  HealthCheckResponse response;
  response.set_status(status);
  done(std::move(response));
}

void Handlers::Handle(const Caller&, const HealthCheckRequest& request,
                      const Done<HealthFeed>& done) {
  done(HealthFeed(health_, request.service()));
}

}  // namespace hob
