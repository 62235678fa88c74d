// `start`, `stop`, `restart`, `signal`, `hold` and `release`: one call for each daemon, all at
// once; `restart` rolls sets (rolling_restart.h).
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/verbs/command_output.h"
#include "client/verbs/rolling_restart.h"
#include "client/verbs/verbs.h"
#include "server/daemon/signal_name.h"
#include "server/text/duration.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

// The time that a command waits for its outcome without --timeout.
constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);

// The arguments NAME..., --all and --held.
struct DaemonTargets {
  std::vector<std::string> patterns;
  bool all = false;
  // True to include held daemons, which sets, globs and --all otherwise pass over.
  bool held = false;
  // True if sets, globs and --all mean only held daemons.
  bool only_held = false;

  std::vector<Parameter> Parameters() {
    const char* const by_glob = only_held ? "held ones" : "them";
    return {{"NAME", &patterns,
             absl::StrCat("Names of daemons and sets, and globs (*, ?, [a-z]) on ", by_glob), ""},
            {"--all", &all, only_held ? "Every held daemon" : "Every daemon of the server"}};
  }

  Parameter HeldParameter() {
    return {"--held", &held, "Include held daemons, which sets, globs and --all pass over"};
  }

  HeldDaemons Held() const {
    if (only_held) return HeldDaemons::kOnly;
    return held ? HeldDaemons::kInclude : HeldDaemons::kPassOver;
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

  // Prepares for the calls (SupervisorClient::Greet) and returns the daemons; reports those that
  // are passed over. Errors of Check, Greet and SelectForCommand. Blocks.
  absl::StatusOr<std::vector<v1::Daemon>> Resolve(Session& session) const {
    if (absl::Status status = Check(); !status.ok()) return status;
    absl::StatusOr<Selection> selection = SelectForCommand(session, patterns, Held());
    if (!selection.ok()) return selection.status();
    if (absl::Status status = session.supervisor().Greet(); !status.ok()) return status;
    for (const v1::Daemon& daemon : selection->passed_over) {
      session.Tell(
          absl::StrCat(daemon.name(), ": passed over, ",
                       DescribeHold(daemon.hold(), session.Now(), session.environment().zone),
                       "; --held includes it"));
    }
    if (selection->daemons.empty() && selection->passed_over.empty()) {
      session.Tell(only_held ? "no daemon is held" : "the server has no daemons");
    }
    return std::move(selection->daemons);
  }
};

// Parses the value of the option `name`. InvalidArgument unless it is a duration greater than 0;
// `hint` says what to write instead of 0.
absl::StatusOr<absl::Duration> ParseOption(absl::string_view name, const std::string& value,
                                           absl::string_view hint) {
  absl::StatusOr<absl::Duration> duration = ParseDuration(value);
  if (!duration.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", duration.status().message()));
  }
  if (*duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": it must be longer than 0; ", hint));
  }
  return duration;
}

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

std::vector<std::string> NamesOf(const std::vector<v1::Daemon>& daemons) {
  std::vector<std::string> names;
  for (const v1::Daemon& daemon : daemons) names.push_back(daemon.name());
  return names;
}

// Makes one call for each of `daemons`, all at the same time, with `request` and the name. Shows
// progress and outcomes (ShowProgress, ShowOutcomes); returns the code for all of them.
template <typename Response, typename Request>
ExitCode CallForEach(Session& session, const std::vector<v1::Daemon>& daemons,
                     const Request& request, absl::Duration timeout, const std::string& doing,
                     const std::function<void(const Response&)>& show) {
  const std::vector<std::string> names = NamesOf(daemons);
  std::vector<Request> requests(names.size(), request);
  for (size_t i = 0; i < names.size(); ++i) requests[i].set_name(names[i]);
  const std::vector<Outcome<Response>> outcomes = session.supervisor().CallForEach(
      requests, timeout, ShowProgress(session, doing, static_cast<int>(names.size())));
  return ShowOutcomes<Response>(session, names, outcomes, show);
}

// Returns a function for CallForEach that prints the Summary.
template <typename Response>
std::function<void(const Response&)> ShowSummary(Session& session) {
  return [&session](const Response& response) {
    session.Print(absl::StrCat(Summary(session, response.daemon()), "\n"));
  };
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
    parameters.push_back(targets_.HeldParameter());
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
    const absl::StatusOr<std::vector<v1::Daemon>> daemons = targets_.Resolve(session);
    if (!daemons.ok()) return session.Fail(daemons.status());
    return Execute(session, *daemons, *timeout);
  }

 protected:
  // Commands the selected daemons; each has `timeout` for its outcome.
  virtual ExitCode Execute(Session& session, const std::vector<v1::Daemon>& daemons,
                           absl::Duration timeout) {
    const ExitCode code = CallForEach(session, daemons, MakeRequest(timeout),
                                      no_wait_ ? kReadTimeout : timeout + kAnswerGrace, doing_,
                                      ShowSummary<Response>(session));
    if constexpr (std::is_same<Request, v1::StopRequest>::value) {
      TellDependents(session, NamesOf(daemons));
    }
    return code;
  }

  bool no_wait() const { return no_wait_; }
  bool has_timeout() const { return !timeout_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  // Names the daemons that depend on stopped ones and go on without them; after a cascade, only
  // held ones do.
  void TellDependents(Session& session, const std::vector<std::string>& stopped) const {
    if (targets_.all) return;
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        session.supervisor().Status(stopped);
    if (!statuses.ok()) return;
    for (const v1::StatusResponse& status : *statuses) {
      if (status.dependents().empty()) continue;
      const absl::StatusOr<std::vector<v1::StatusResponse>> dependents =
          session.supervisor().Status({status.dependents().begin(), status.dependents().end()});
      if (!dependents.ok()) continue;
      std::vector<std::string> left;
      std::vector<std::string> held;
      for (const v1::StatusResponse& dependent : *dependents) {
        const v1::Daemon& daemon = dependent.daemon();
        if (daemon.pid() != 0) (daemon.has_hold() ? held : left).push_back(daemon.name());
      }
      const std::string& name = status.daemon().name();
      if (!left.empty() && !cascade_) {
        session.Tell(absl::StrCat(name, ": dependents not stopped: ", absl::StrJoin(left, ", "),
                                  "; use --dependents to stop them first"));
      }
      if (!held.empty()) {
        session.Tell(absl::StrCat(name, ": held dependents not stopped: ",
                                  absl::StrJoin(held, ", "), "; stop them by name"));
      }
    }
  }

  // Returns the time to wait for the outcome. InvalidArgument if --timeout is not a duration
  // greater than 0, or stands beside --no-wait.
  absl::StatusOr<absl::Duration> Timeout() const {
    if (timeout_.empty()) return kDefaultTimeout;
    if (no_wait_) return absl::InvalidArgumentError("--timeout and --no-wait exclude each other");
    return ParseOption("--timeout", timeout_, "see --no-wait");
  }

  // Returns the request for each daemon, without its name.
  Request MakeRequest(absl::Duration timeout) const {
    Request request;
    request.set_reason(reason_);
    // Of all daemons, each starts after its dependencies and stops before them.
    if (include_ != nullptr) (request.*include_)(cascade_ || targets_.all);
    request.set_no_wait(no_wait_);
    if (!no_wait_) *request.mutable_timeout() = ToProto(timeout);
    return request;
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

class RestartVerb : public CommandVerb<v1::RestartRequest, v1::RestartResponse> {
 public:
  RestartVerb()
      : CommandVerb(VerbInfo{"restart", "", "Stop and start daemons and wait until they are up",
                             Arguments::kDaemons},
                    "restarting") {}

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = CommandVerb::Parameters();
    parameters.push_back(
        {"--at-once", &at_once_,
         "Restart the instances of a set all at once, not one after the other; a roll is waited "
         "for without a limit, unless --timeout sets one"});
    return parameters;
  }

 protected:
  ExitCode Execute(Session& session, const std::vector<v1::Daemon>& daemons,
                   absl::Duration timeout) override {
    if (at_once_) return CommandVerb::Execute(session, daemons, timeout);
    const absl::StatusOr<RestartPlan> plan = PlanRestart(session, daemons);
    if (!plan.ok()) return session.Fail(plan.status());
    if (plan->sets.empty()) return CommandVerb::Execute(session, daemons, timeout);
    RestartOptions options;
    options.reason = reason();
    options.timeout = timeout;
    if (has_timeout()) options.roll_timeout = timeout;
    options.no_wait = no_wait();
    for (const SetRestart& restart : plan->sets) {
      if (!no_wait() || restart.steps.size() == 1) continue;
      return session.Fail(absl::InvalidArgumentError(
          absl::StrCat("--no-wait: without waiting, only a whole set can be rolled: 'hob restart ",
                       restart.set, "'; or add --at-once")));
    }
    return CarryOut(session, *plan, options);
  }

 private:
  bool at_once_ = false;
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
    parameters.push_back(targets_.HeldParameter());
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
    const absl::StatusOr<std::vector<v1::Daemon>> daemons = targets_.Resolve(session);
    if (!daemons.ok()) return session.Fail(daemons.status());
    v1::SignalRequest request;
    request.set_signal(signal_);
    request.set_reason(reason_);
    request.set_all(tree_);
    return CallForEach<v1::SignalResponse>(
        session, *daemons, request, kReadTimeout, "signalling",
        [&](const v1::SignalResponse& response) {
          const v1::Daemon& daemon = response.daemon();
          session.Print(absl::StrCat(Escape(daemon.name()), ": ", SignalName(*number),
                                     tree_ ? " sent to everything under pid " : " sent to pid ",
                                     daemon.pid(), HeldBy(session, daemon), "\n"));
        });
  }

 private:
  std::string signal_;
  DaemonTargets targets_;
  bool tree_ = false;
  std::string reason_;
};

class HoldVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"hold", "", "Hold daemons: nothing automatic starts or ends them", Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = targets_.Parameters();
    parameters.push_back(targets_.HeldParameter());
    parameters.push_back({"--for", &length_,
                          "How long the hold lasts (30min, 1h30min). Default: until 'hob release'",
                          "DURATION"});
    Parameter reason = ReasonParameter(&reason_);
    reason.summary = "Reason, at most 200 characters; shown to all who look at the daemon";
    reason.required = true;
    parameters.push_back(std::move(reason));
    return parameters;
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<v1::HoldRequest> request = MakeRequest();
    if (!request.ok()) return session.Fail(request.status());
    const absl::StatusOr<std::vector<v1::Daemon>> daemons = targets_.Resolve(session);
    if (!daemons.ok()) return session.Fail(daemons.status());
    return CallForEach(session, *daemons, *request, kReadTimeout, "holding",
                       ShowSummary<v1::HoldResponse>(session));
  }

 private:
  // Returns the request for each daemon, without its name. InvalidArgument if --reason is blank or
  // --for is not a duration greater than 0.
  absl::StatusOr<v1::HoldRequest> MakeRequest() const {
    v1::HoldRequest request;
    if (absl::StripAsciiWhitespace(reason_).empty()) {
      return absl::InvalidArgumentError("--reason: it must not be blank");
    }
    request.set_reason(reason_);
    if (!length_.has_value()) return request;
    const absl::StatusOr<absl::Duration> length =
        ParseOption("--for", *length_, "without --for the hold lasts until 'hob release'");
    if (!length.ok()) return length.status();
    *request.mutable_ttl() = ToProto(*length);
    return request;
  }

  DaemonTargets targets_;
  // Absent without --for.
  absl::optional<std::string> length_;
  std::string reason_;
};

class ReleaseVerb : public Verb {
 public:
  ReleaseVerb() { targets_.only_held = true; }

  VerbInfo info() const override {
    return {"release", "", "End holds on daemons", Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    std::vector<Parameter> parameters = targets_.Parameters();
    parameters.push_back(ReasonParameter(&reason_));
    return parameters;
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::vector<v1::Daemon>> daemons = targets_.Resolve(session);
    if (!daemons.ok()) return session.Fail(daemons.status());
    v1::ReleaseRequest request;
    request.set_reason(reason_);
    return CallForEach(session, *daemons, request, kReadTimeout, "releasing",
                       ShowSummary<v1::ReleaseResponse>(session));
  }

 private:
  DaemonTargets targets_;
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

std::unique_ptr<Verb> MakeRestartVerb() { return std::make_unique<RestartVerb>(); }

std::unique_ptr<Verb> MakeSignalVerb() { return std::make_unique<SignalVerb>(); }

std::unique_ptr<Verb> MakeHoldVerb() { return std::make_unique<HoldVerb>(); }

std::unique_ptr<Verb> MakeReleaseVerb() { return std::make_unique<ReleaseVerb>(); }

}  // namespace client
}  // namespace hob
