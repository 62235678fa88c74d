#ifndef HOB_SERVER_API_HANDLERS_H_
#define HOB_SERVER_API_HANDLERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.pb.h"
#include "hob/v1/supervisor.pb.h"
#include "server/api/health.h"
#include "server/api/list.h"
#include "server/api/logs_feed.h"
#include "server/api/logs_thread.h"
#include "server/api/rights.h"
#include "server/api/roll_feed.h"
#include "server/api/watch_feed.h"
#include "server/checks/prober.h"
#include "server/clock/clock.h"
#include "server/daemon/caller.h"
#include "server/journal/journal.h"
#include "server/output/log_store.h"
#include "server/registry/change_notifier.h"
#include "server/registry/registry.h"
#include "server/supervisor/reloader.h"
#include "server/supervisor/supervisor.h"

namespace hob {

// Implements the methods of hob.v1.Supervisor and grpc.health.v1.Health: checks a request, asks the
// registry or the supervisor, converts the answer. Independent of the transport; called by gRPC's
// reactors, and open to others.
//
// Every call goes through Call, which checks the caller's rights.
//
// Thread-safe. Never blocks.
class Handlers {
 public:
  // Facts about the server itself, for Info.
  struct Facts {
    // Start time in the form of Timestamp::wall.
    absl::Time start_time;
    // "cgroup" or "session".
    std::string containment;
    // Returns the number of orphans reaped so far; thread-safe.
    std::function<int64_t()> strays_reaped;
  };

  // Receives the outcome of a call: its answer, or an error of server/errors.
  template <typename Answer>
  using Done = std::function<void(absl::StatusOr<Answer>)>;

  // All arguments outlive the handlers. `note_call` is called at the start of each call of
  // hob.v1.Supervisor, on any thread; it must not block.
  Handlers(const Registry& registry, ChangeNotifier& notifier, Supervisor& supervisor,
           Reloader& reloader, const Prober& prober, LogStore& logs, Journal& journal, Facts facts,
           std::function<void()> note_call, const Clock& clock = Clock::Real())
      : registry_(registry),
        notifier_(notifier),
        supervisor_(supervisor),
        reloader_(reloader),
        prober_(prober),
        logs_(logs),
        journal_(journal),
        clock_(clock),
        facts_(std::move(facts)),
        note_call_(std::move(note_call)),
        list_(registry, clock),
        health_(registry) {}

  // Calls `method` ("hob.v1.Supervisor/Stop") with its request. The answer is the response of the
  // method, with these exceptions: ListHandler::Answer for List, and a feed of responses
  // (WatchFeed, HealthFeed, RollFeed, std::unique_ptr<LogsFeed>) for methods that stream.
  //
  // Calls `done` once: on the thread of a worker or the reloader if the call waits for a daemon,
  // else before Call returns. PermissionDenied (READ_ONLY_ADDRESS) if `caller` may not make the
  // call.
  template <typename Answer, typename Request>
  void Call(absl::string_view method, const Caller& caller, const Request& request,
            const Done<Answer>& done) {
    if (absl::StartsWith(method, "hob.v1.")) note_call_();
    const absl::Status allowed = CheckRight(caller, method);
    if (!allowed.ok()) return done(allowed);
    Handle(caller, request, done);
  }

  // Wakes the feeds of Watch and of health on new changes.
  ChangeNotifier& notifier() { return notifier_; }
  // Reads logs for the feeds of Logs.
  LogsThread& logs_thread() { return logs_thread_; }

  // Makes the server NOT_SERVING and notifies watchers.
  void BeginShutDown();

 private:
  void Handle(const Caller& caller, const v1::ListRequest& request,
              const Done<ListHandler::Answer>& done);
  void Handle(const Caller& caller, const v1::StatusRequest& request,
              const Done<v1::StatusResponse>& done);
  void Handle(const Caller& caller, const v1::RestartRequest& request,
              const Done<v1::RestartResponse>& done);
  void Handle(const Caller& caller, const v1::StartRequest& request,
              const Done<v1::StartResponse>& done);
  void Handle(const Caller& caller, const v1::StopRequest& request,
              const Done<v1::StopResponse>& done);
  void Handle(const Caller& caller, const v1::SignalRequest& request,
              const Done<v1::SignalResponse>& done);
  void Handle(const Caller& caller, const v1::HoldRequest& request,
              const Done<v1::HoldResponse>& done);
  void Handle(const Caller& caller, const v1::ReleaseRequest& request,
              const Done<v1::ReleaseResponse>& done);
  void Handle(const Caller& caller, const v1::ReloadRequest& request,
              const Done<v1::ReloadResponse>& done);
  void Handle(const Caller& caller, const v1::InfoRequest& request,
              const Done<v1::InfoResponse>& done);
  void Handle(const Caller& caller, const v1::RollRequest& request, const Done<RollFeed>& done);
  void Handle(const Caller& caller, const v1::WatchRequest& request, const Done<WatchFeed>& done);
  void Handle(const Caller& caller, const v1::LogsRequest& request,
              const Done<std::unique_ptr<LogsFeed>>& done);
  void Handle(const Caller& caller, const grpc::health::v1::HealthCheckRequest& request,
              const Done<grpc::health::v1::HealthCheckResponse>& done);
  void Handle(const Caller& caller, const grpc::health::v1::HealthCheckRequest& request,
              const Done<HealthFeed>& done);

  // Posts `command` to the daemon `name`, answers with its outcome, and logs the outcome under
  // `method`.
  template <typename Response>
  void Post(absl::string_view method, const std::string& name, absl::StatusOr<Command> command,
            const Done<Response>& done);

  const Registry& registry_;
  ChangeNotifier& notifier_;
  Supervisor& supervisor_;
  Reloader& reloader_;
  const Prober& prober_;
  LogStore& logs_;
  Journal& journal_;
  const Clock& clock_;
  const Facts facts_;
  const std::function<void()> note_call_;
  ListHandler list_;
  Health health_;
  LogsThread logs_thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_API_HANDLERS_H_
