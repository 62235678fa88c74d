#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/table.h"
#include "client/verbs/daemon_statuses.h"
#include "client/verbs/verbs.h"

namespace hob {
namespace client {
namespace {

// Writes the description of one daemon: a headline and a line for each known fact.
class Description {
 public:
  Description(const Session& session, const v1::StatusResponse& response)
      : session_(session), response_(response), daemon_(response.daemon()) {}

  std::string Write() && {
    text_ = absl::StrCat(
        Paint(Escape(daemon_.name()), Colour::kBold, session_.terminal()), ": ",
        Paint(StateName(daemon_.state()), StateColour(daemon_.state()), session_.terminal()), "\n");
    AddPresent();
    AddHistory();
    AddThrottle();
    Add("command", response_.spec().command());
    Add("origin", response_.spec().origin());
    Add("containment", response_.containment());
    if (!response_.runs().empty()) {
      absl::StrAppend(&text_, "  runs:\n",
                      RunTable(session_, response_.runs()).Render(session_.terminal(), 4));
    }
    return std::move(text_);
  }

 private:
  // Adds a line unless the value is empty.
  void Add(absl::string_view label, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&text_,
                    absl::StrFormat("  %-12s %s\n", absl::StrCat(label, ":"), Escape(value)));
  }

  std::string When(const google::protobuf::Timestamp& time) const {
    return FormatTimeAndAge(ToTime(time), session_.Now(), session_.environment().zone);
  }

  std::string LastCommand() const {
    const v1::Command& command = daemon_.last_command();
    return absl::StrCat(command.method(), " by ", command.caller(), ", ", When(command.time()),
                        command.reason().empty() ? "" : ": ", command.reason());
  }

  void AddPresent() {
    if (!daemon_.instance_of().empty()) {
      Add("instance", absl::StrCat(daemon_.instance(), " of ", daemon_.instance_of()));
    }
    Add("reason", daemon_.reason());
    Add("hold", HoldOf(session_, daemon_));
    Add("outdated", OutdatedBy(response_));
    if (!response_.dependencies().empty()) Add("depends on", DependenciesOf(response_));
    Add("dependents", absl::StrJoin(response_.dependents(), ", "));
    Add("says", daemon_.status_text());
    Add("log", daemon_.log_problem());
    if (response_.small_pipe_bytes() > 0) {
      Add("pipe", absl::StrCat("holds ", response_.small_pipe_bytes(),
                               " bytes only: raise sysctl fs.pipe-user-pages-soft"));
    }
    Add("wanted", daemon_.wanted() ? "up" : "down");
    if (daemon_.pid() != 0) Add("pid", absl::StrCat(daemon_.pid()));
    if (daemon_.has_start_time()) Add("started", When(daemon_.start_time()));
    if (daemon_.pid() != 0) {
      const bool timed = daemon_.ready() && daemon_.has_ready_time();
      Add("ready", timed ? When(daemon_.ready_time()) : daemon_.ready() ? "yes" : "no");
    }
    Add("check", CheckOf(session_, response_));
    Add("next start", NextStartOf(session_, daemon_));
  }

  void AddHistory() {
    if (daemon_.has_last_command()) Add("last action", LastCommand());
    Add("restarts", absl::StrCat(daemon_.restart_count(), " automatic"));
    Add("exits", absl::StrCat(daemon_.exit_count()));
    if (daemon_.has_last_exit()) {
      Add("last exit",
          absl::StrCat(DescribeExit(daemon_.last_exit()), ", ", When(daemon_.last_exit().time())));
    }
    Add("output", LogsOfFailure(response_));
  }

  void AddThrottle() {
    if (!daemon_.has_throttle()) return;
    Add("throttle", daemon_.throttle().explanation());
    Add("cleared by", daemon_.throttle().cleared_by());
  }

  const Session& session_;
  const v1::StatusResponse& response_;
  const v1::Daemon& daemon_;
  std::string text_;
};

// True if the daemon's state is no fault; `is_named` is true if the user named it.
bool IsFine(const v1::StatusResponse& status, bool is_named) {
  if (status.daemon().state() == v1::Daemon::RUNNING || HasCompleted(status)) return true;
  return !is_named && !status.daemon().wanted();
}

// Returns the exit code for a failed call: kUsage stays, any other code becomes kStatusUnknown.
ExitCode StatusCodeFor(ExitCode code) { return code == ExitCode::kUsage ? code : kStatusUnknown; }

class StatusVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"status", "", "Describe daemons (all without a name); exits with 3 if one is down",
            Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &patterns_, "Names of daemons and sets, and globs (*, ?, [a-z]) on them", ""}};
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::vector<v1::StatusResponse>> statuses =
        FetchStatuses(session, patterns_);
    if (!statuses.ok()) return StatusCodeFor(session.Fail(statuses.status()));
    if (statuses->empty() && !session.json()) session.Tell("no daemons");
    ExitCode code = ExitCode::kDone;
    absl::string_view separator;
    for (const v1::StatusResponse& response : *statuses) {
      if (session.json()) {
        session.PrintJson(response);
      } else {
        session.Print(absl::StrCat(separator, Description(session, response).Write()));
        separator = "\n";
      }
      if (!IsFine(response, !patterns_.empty())) code = ExitCode::kNotRunning;
    }
    return code;
  }

 private:
  std::vector<std::string> patterns_;
};

}  // namespace

std::unique_ptr<Verb> MakeStatusVerb() { return std::make_unique<StatusVerb>(); }

}  // namespace client
}  // namespace hob
