// `start`, `stop`, `restart` and `signal`: one call for each daemon, all at once.
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/verbs/verbs.h"
#include "server/daemon/signal_name.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

// The time that a command waits for its outcome without --timeout.
constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);

// The client's extra wait beyond the time-out, at which the server answers a waiting call.
constexpr absl::Duration kAnswerGrace = absl::Seconds(5);

// The arguments NAME... and --all.
struct DaemonTargets {
  std::vector<std::string> patterns;
  bool all = false;

  std::vector<Parameter> Parameters() {
    return {{"NAME", &patterns, "Names of daemons, and globs (*, ?, [a-z]) on them", ""},
            {"--all", &all, "Every daemon of the server"}};
  }

  // InvalidArgument unless the command line has exactly one of the two.
  absl::Status Check() const {
    if (all && !patterns.empty()) {
      return absl::InvalidArgumentError("--all means every daemon: give it or names, not both");
    }
    if (!all && patterns.empty()) {
      return absl::InvalidArgumentError("which daemons? Give names, globs or --all");
    }
    return absl::OkStatus();
  }

  // Prepares for the calls (SupervisorClient::Greet) and returns the names of the daemons. Errors
  // of Check, Greet and ResolveNames. Blocks.
  absl::StatusOr<std::vector<std::string>> Resolve(Session& session) const {
    if (absl::Status status = Check(); !status.ok()) return status;
    absl::StatusOr<std::vector<std::string>> names = ResolveNamesForCalls(session, patterns);
    if (!names.ok()) return names;
    if (absl::Status status = session.supervisor().Greet(); !status.ok()) return status;
    return names;
  }
};

// Returns the parameter --reason.
Parameter ReasonParameter(std::string* reason) {
  return {"--reason", reason,
          "Reason, at most 200 characters; written to the server's log and shown by explain",
          "TEXT"};
}

// Returns a function that shows "restarting 12/100" on standard error while several calls are in
// progress; it shows nothing off a terminal. `doing` is the first word. The session outlives the
// result.
Progress ShowProgress(Session& session, const std::string& doing, int total) {
  if (!session.environment().err_terminal.is_terminal || total < 2) return [](int) {};
  return [&session, doing, total](int done) {
    std::ostream& err = *session.environment().err;
    // Each line overwrites the previous one; the last one leaves the line empty.
    err << "\r\x1b[K";
    if (done < total) err << doing << " " << done << "/" << total;
    err << std::flush;
  };
}

// Reports a failed call for `name`; returns its exit code.
ExitCode TellFailure(Session& session, const std::string& name, const absl::Status& failure,
                     bool connection_broke) {
  std::string text(failure.message());
  if (connection_broke) {
    absl::StrAppend(&text, "; it may have done what it was asked for: see 'hob status ", name, "'");
  }
  absl::string_view message = text;
  absl::ConsumePrefix(&message, absl::StrCat(name, ": "));
  // The server's message about an unknown daemon contains its name.
  if (absl::IsNotFound(failure)) {
    session.Tell(message);
  } else {
    session.Tell(absl::StrCat(name, ": ", message));
  }
  return ExitCodeFor(failure);
}

// Reports each failure as "hob: NAME: MESSAGE" and passes every other response to `show`, in the
// order of `names`. Returns the code for all of them.
template <typename Response>
ExitCode ShowOutcomes(Session& session, const std::vector<std::string>& names,
                      const std::vector<Outcome<Response>>& outcomes,
                      const std::function<void(const Response&)>& show) {
  ExitCode code = ExitCode::kDone;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome<Response>& outcome = outcomes[i];
    if (!outcome.status.ok()) {
      code = Worse(code, TellFailure(session, names[i], outcome.status, outcome.connection_broke));
    } else if (session.json()) {
      session.PrintJson(outcome.response);
    } else {
      show(outcome.response);
    }
  }
  return code;
}

// Returns a line about a daemon after a command: "web: RUNNING, pid 123\n". Escaped, coloured for
// the session's terminal.
std::string Summary(const Session& session, const v1::Daemon& daemon) {
  std::string text = absl::StrCat(
      Escape(daemon.name()), ": ",
      Paint(StateName(daemon.state()), StateColour(daemon.state()), session.terminal()));
  if (daemon.pid() != 0) absl::StrAppend(&text, ", pid ", daemon.pid());
  // Behind the cause of the stop, the reason counts the killed processes.
  const size_t more = daemon.reason().find("; ");
  if (daemon.state() == v1::Daemon::STOPPED && more != std::string::npos) {
    absl::StrAppend(&text, Escape(daemon.reason().substr(more)));
  }
  return absl::StrCat(text, "\n");
}

// `start`, `stop` or `restart`. Each call waits for its outcome.
template <typename Request, typename Response>
class CommandVerb : public Verb {
 public:
  // `doing` is the word for its progress: "restarting". `relatives` is the option that includes
  // other daemons, and `include` the field of the request for it; null without one.
  CommandVerb(VerbInfo info, std::string doing, Parameter relatives = {},
              void (Request::*include)(bool) = nullptr)
      : info_(std::move(info)),
        doing_(std::move(doing)),
        cascade_option_(std::move(relatives)),
        include_(include) {}

  VerbInfo info() const override { return info_; }

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = targets_.Parameters();
    parameters.push_back({"--no-wait", &no_wait_, "Return as soon as it is under way"});
    parameters.push_back(
        {"--timeout", &timeout_,
         "How long to wait for the outcome (500ms, 5, 1min30s); it goes on after that. "
         "Default: 30s",
         "DURATION"});
    if (include_ != nullptr) {
      cascade_option_.value = &cascade_;
      parameters.push_back(cascade_option_);
    }
    parameters.push_back(ReasonParameter(&reason_));
    return parameters;
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<absl::Duration> timeout = Timeout();
    if (!timeout.ok()) return session.Fail(timeout.status());
    const absl::StatusOr<std::vector<std::string>> names = targets_.Resolve(session);
    if (!names.ok()) return session.Fail(names.status());
    if (names->empty()) session.Tell("the server has no daemons");
    const std::vector<Outcome<Response>> outcomes = session.supervisor().CallForEach(
        Requests(*names, *timeout), no_wait_ ? kReadTimeout : *timeout + kAnswerGrace,
        ShowProgress(session, doing_, static_cast<int>(names->size())));
    const ExitCode code = ShowOutcomes<Response>(
        session, *names, outcomes,
        [&](const Response& response) { session.Print(Summary(session, response.daemon())); });
    if constexpr (std::is_same<Request, v1::StopRequest>::value) TellDependents(session, *names);
    return code;
  }

 private:
  // Names the daemons that depend on stopped ones and go on without them.
  void TellDependents(Session& session, const std::vector<std::string>& stopped) const {
    if (cascade_ || targets_.all) return;
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        session.supervisor().Status(stopped);
    if (!statuses.ok()) return;
    for (const v1::StatusResponse& status : *statuses) {
      if (status.dependents().empty()) continue;
      const absl::StatusOr<std::vector<v1::StatusResponse>> dependents =
          session.supervisor().Status({status.dependents().begin(), status.dependents().end()});
      if (!dependents.ok()) continue;
      std::vector<std::string> left;
      for (const v1::StatusResponse& dependent : *dependents) {
        if (dependent.daemon().pid() != 0) left.push_back(Escape(dependent.daemon().name()));
      }
      if (left.empty()) continue;
      session.Tell(absl::StrCat(Escape(status.daemon().name()),
                                ": dependents not stopped: ", absl::StrJoin(left, ", "),
                                "; use --dependents to stop them first"));
    }
  }

  // Returns the time to wait for the outcome. InvalidArgument if --timeout is not a duration
  // greater than 0, or stands beside --no-wait.
  absl::StatusOr<absl::Duration> Timeout() const {
    if (timeout_.empty()) return kDefaultTimeout;
    if (no_wait_) return absl::InvalidArgumentError("--timeout and --no-wait exclude each other");
    absl::StatusOr<absl::Duration> timeout = ParseDuration(timeout_);
    if (!timeout.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--timeout: ", timeout.status().message()));
    }
    if (*timeout <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError("--timeout: it must be longer than 0; see --no-wait");
    }
    return timeout;
  }

  std::vector<Request> Requests(const std::vector<std::string>& names,
                                absl::Duration timeout) const {
    std::vector<Request> requests;
    for (const std::string& name : names) {
      Request request;
      request.set_name(name);
      request.set_reason(reason_);
      // Of all daemons, each starts after its dependencies and stops before them.
      if (include_ != nullptr) (request.*include_)(cascade_ || targets_.all);
      request.set_no_wait(no_wait_);
      if (!no_wait_) *request.mutable_timeout() = ToProto(timeout);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  const VerbInfo info_;
  const std::string doing_;
  Parameter cascade_option_;
  void (Request::*const include_)(bool);
  DaemonTargets targets_;
  bool cascade_ = false;
  bool no_wait_ = false;
  // Empty without --timeout.
  std::string timeout_;
  std::string reason_;
};

class SignalVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"signal", "", "Send a signal to daemons", Arguments::kSignalAndDaemons};
  }

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = targets_.Parameters();
    parameters.insert(
        parameters.begin(),
        {"SIG", &signal_, "The signal: HUP, SIGHUP, RTMIN+3 or 1 to 64", "", /*required=*/true});
    parameters.push_back(
        {"--tree", &tree_, "Everything that the daemon started, not its main process alone"});
    parameters.push_back(ReasonParameter(&reason_));
    return parameters;
  }

  ExitCode Run(Session& session) override {
    const absl::optional<int> number = ParseSignal(signal_);
    if (!number.has_value()) {
      return session.Fail(absl::InvalidArgumentError(absl::StrCat(
          "'", Printable(signal_), "' is not a signal: write HUP, SIGHUP, RTMIN+3 or 1 to 64")));
    }
    const absl::StatusOr<std::vector<std::string>> names = targets_.Resolve(session);
    if (!names.ok()) return session.Fail(names.status());
    if (names->empty()) session.Tell("the server has no daemons");
    const std::vector<Outcome<v1::SignalResponse>> outcomes = session.supervisor().CallForEach(
        Requests(*names), kReadTimeout,
        ShowProgress(session, "signalling", static_cast<int>(names->size())));
    return ShowOutcomes<v1::SignalResponse>(
        session, *names, outcomes, [&](const v1::SignalResponse& response) {
          session.Print(absl::StrCat(Escape(response.daemon().name()), ": ", SignalName(*number),
                                     tree_ ? " sent to everything under pid " : " sent to pid ",
                                     response.daemon().pid(), "\n"));
        });
  }

 private:
  std::vector<v1::SignalRequest> Requests(const std::vector<std::string>& names) const {
    std::vector<v1::SignalRequest> requests;
    for (const std::string& name : names) {
      v1::SignalRequest request;
      request.set_name(name);
      request.set_signal(signal_);
      request.set_reason(reason_);
      request.set_all(tree_);
      requests.push_back(std::move(request));
    }
    return requests;
  }

  std::string signal_;
  DaemonTargets targets_;
  bool tree_ = false;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Verb> MakeStartVerb() {
  return std::make_unique<CommandVerb<v1::StartRequest, v1::StartResponse>>(
      VerbInfo{"start", "", "Start daemons and wait until they are up", Arguments::kDaemons},
      "starting", Parameter{"--deps", {}, "Start their dependencies first"},
      &v1::StartRequest::set_with_dependencies);
}

std::unique_ptr<Verb> MakeStopVerb() {
  return std::make_unique<CommandVerb<v1::StopRequest, v1::StopResponse>>(
      VerbInfo{"stop", "", "Stop daemons and wait until nothing of them is left",
               Arguments::kDaemons},
      "stopping", Parameter{"--dependents", {}, "Stop their dependents first"},
      &v1::StopRequest::set_with_dependents);
}

std::unique_ptr<Verb> MakeRestartVerb() {
  return std::make_unique<CommandVerb<v1::RestartRequest, v1::RestartResponse>>(
      VerbInfo{"restart", "", "Stop and start daemons and wait until they are up",
               Arguments::kDaemons},
      "restarting");
}

std::unique_ptr<Verb> MakeSignalVerb() { return std::make_unique<SignalVerb>(); }

}  // namespace client
}  // namespace hob
