#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/table.h"
#include "client/verbs/daemon_statuses.h"
#include "client/verbs/verbs.h"
#include "server/text/duration.h"

namespace hob {
namespace client {
namespace {

std::string Sentence(absl::string_view label, absl::string_view text) {
  return text.empty() ? "" : absl::StrCat("  ", label, ": ", Escape(text), "\n");
}

std::string Headline(const Session& session, const v1::Daemon& daemon) {
  const std::string state =
      Paint(StateName(daemon.state()), StateColour(daemon.state()), session.terminal());
  return absl::StrCat(Escape(daemon.name()), " is ", state,
                      "; wanted: ", daemon.wanted() ? "up" : "down", "\n");
}

// True if the state's reason can name the command.
bool GivesReason(const v1::Command& command) {
  const std::string& method = command.method();
  return method == "Start" || method == "Stop" || method == "Restart" || method == "Roll";
}

// Returns the reason of the state. If it names the last command, its age follows the caller:
// "stopped by alice (uid 1001) 3min ago: deploying 4.2".
std::string Why(const Session& session, const v1::Daemon& daemon) {
  std::string why = daemon.reason();
  const std::string by = absl::StrCat(" by ", daemon.last_command().caller());
  const size_t found = why.find(by);
  // The age of a hold is not that of the last command.
  if (daemon.has_hold() && absl::StrContains(why, "held by ")) return why;
  if (!GivesReason(daemon.last_command()) || found == std::string::npos) return why;
  const absl::Duration age = session.Now() - ToTime(daemon.last_command().time());
  why.insert(found + by.size(), absl::StrCat(" ", FormatAge(age), " ago"));
  return why;
}

// Returns when a held daemon starts; its start or trial is due.
std::string AfterRelease(const Session& session, const v1::Daemon& daemon) {
  return absl::StrCat("when ", EndOfHold(session, daemon), ": 'hob release ", daemon.name(),
                      "'; 'hob start ", daemon.name(), "' starts it now");
}

// Returns the time of the next start without a command, in words.
std::string NextAttempt(const Session& session, const v1::StatusResponse& response) {
  const v1::Daemon& daemon = response.daemon();
  if (daemon.has_next_start_time()) return NextStartOf(session, daemon);
  if (daemon.has_hold() && HasDueTrial(response)) return AfterRelease(session, daemon);
  switch (daemon.state()) {
    case v1::Daemon::HALTED:
    case v1::Daemon::EXITED:
    case v1::Daemon::STOPPED:
      return "not scheduled; 'hob start " + daemon.name() + "' starts it";
    case v1::Daemon::WAITING:
      return AwaitsRelease(daemon) ? AfterRelease(session, daemon)
                                   : "as soon as its dependencies are met";
    default:
      return "";
  }
}

// Returns the failures that count now, with their window.
std::string Failures(const Session& session, const v1::Throttle& throttle) {
  if (throttle.failures().empty()) return "";
  std::string text =
      absl::StrCat("  failures that count (limit: ", throttle.max_retries(), " within ",
                   hob::FormatDuration(ToDuration(throttle.retry_time())), "):\n");
  for (const v1::Throttle::Failure& failure : throttle.failures()) {
    absl::StrAppend(
        &text, "    ",
        FormatPreciseTime(ToTime(failure.time()), session.Now(), session.environment().zone), "  ",
        Escape(DescribeExit(failure.exit())), "\n");
  }
  return text;
}

std::string Explain(const Session& session, const v1::StatusResponse& response) {
  const v1::Daemon& daemon = response.daemon();
  const v1::Throttle& throttle = daemon.throttle();
  std::string text = Headline(session, daemon);
  absl::StrAppend(&text, Sentence("why", response.blocked_by().empty() ? Why(session, daemon)
                                                                       : response.blocked_by()));
  absl::StrAppend(&text, Sentence("held", HoldOf(session, daemon)));
  absl::StrAppend(&text, Sentence("outdated", OutdatedBy(response)));
  absl::StrAppend(&text, Sentence("depends on", DependenciesOf(response)));
  absl::StrAppend(&text, Sentence("check", CheckOf(session, response)));
  if (daemon.has_throttle()) {
    absl::StrAppend(&text, Sentence("decision", throttle.explanation()),
                    Failures(session, throttle));
  } else {
    absl::StrAppend(&text,
                    Sentence("decision", "none; the restart throttle has had nothing to decide"));
  }
  absl::StrAppend(&text, Sentence("next start", NextAttempt(session, response)),
                  Sentence("failures clear", throttle.cleared_by()));
  absl::StrAppend(&text, Sentence("output", LogsOfFailure(response)));
  if (!response.runs().empty()) {
    absl::StrAppend(&text, "  last runs:\n",
                    RunTable(session, response.runs()).Render(session.terminal(), 4));
  }
  return text;
}

class ExplainVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"explain", "", "Explain a daemon's state and what would change it",
            Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &patterns_, "Names of daemons and sets, and globs (*, ?, [a-z]) on them", "",
             /*required=*/true}};
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        FetchStatuses(session, patterns_);
    if (!statuses.ok()) return session.Fail(statuses.status());
    absl::string_view separator;
    for (const v1::StatusResponse& response : *statuses) {
      if (session.json()) {
        session.PrintJson(response);
      } else {
        session.Print(absl::StrCat(separator, Explain(session, response)));
        separator = "\n";
      }
    }
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> patterns_;
};

}  // namespace

std::unique_ptr<Verb> MakeExplainVerb() { return std::make_unique<ExplainVerb>(); }

}  // namespace client
}  // namespace hob
