#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/verbs/rolling_restart.h"
#include "client/verbs/verbs.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

// Returns the server's word for the action: "add", "unchanged".
std::string ActionName(v1::DaemonChange::Action action) {
  const std::string& name = v1::DaemonChange::Action_Name(action);
  return name.empty() ? absl::StrCat("action ", static_cast<int>(action))
                      : absl::AsciiStrToLower(name);
}

// Returns when a restart or roll that is put off happens, and why; empty for any other change.
absl::string_view Delay(const v1::DaemonChange& change) {
  return change.held() ? ": at its next start, because it is held" : "";
}

// Returns a line for each daemon that changes, and the number of the others.
std::string Plan(const v1::ReloadResponse& response, bool dry_run) {
  const absl::string_view would = dry_run ? "would " : "";
  std::string text;
  int unchanged = 0;
  for (const v1::DaemonChange& change : response.changes()) {
    if (change.action() == v1::DaemonChange::UNCHANGED) {
      ++unchanged;
      continue;
    }
    const std::string keys = absl::StrJoin(change.keys(), ", ");
    absl::StrAppend(&text, would, ActionName(change.action()), " ", Escape(change.name()),
                    keys.empty() ? "" : absl::StrCat(" (", Escape(keys), ")"), Delay(change),
                    change.failure().empty() ? "" : ": failed", "\n");
  }
  absl::StrAppend(&text, Count(unchanged, "daemon"), " unchanged\n");
  return text;
}

class ReloadVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"reload", "", "Read the configuration again and apply the difference",
            Arguments::kNone};
  }

  std::vector<Parameter> Parameters() override {
    return {{"--dry-run", &dry_run_, "Print the plan and change nothing"},
            {"--reason", &reason_,
             "Reason, at most 200 characters; written to the server's log and shown by explain",
             "TEXT"}};
  }

  ExitCode Run(Session& session) override {
    const absl::Status greeted = session.supervisor().Greet();
    if (!greeted.ok()) return session.Fail(greeted);
    const absl::StatusOr<v1::ReloadResponse> response =
        session.supervisor().Reload(dry_run_, reason_);
    // The reason is too long, or the configuration has errors.
    if (absl::IsInvalidArgument(response.status())) {
      return TellProblems(session, response.status());
    }
    if (!response.ok()) return session.Fail(response.status());
    if (!response->errors().empty()) {
      if (session.json()) session.PrintJson(*response);
      return TellErrors(session, *response);
    }
    Show(session, *response);
    return Failures(*response) == 0 ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  // Reports the errors of the configuration. A failed reload carries only the first ones; a dry run
  // carries all of them.
  static ExitCode TellProblems(Session& session, const absl::Status& failure) {
    const absl::StatusOr<v1::ReloadResponse> all =
        session.supervisor().Reload(/*dry_run=*/true, "");
    if (all.ok() && !all->errors().empty()) return TellErrors(session, *all);
    for (const absl::string_view line : absl::StrSplit(failure.message(), '\n')) {
      session.Tell(line);
    }
    return ExitCode::kFailed;
  }

  static std::string PlaceOf(const v1::ConfigError& error) {
    return absl::StrCat(error.file(), ":", error.line() > 0 ? absl::StrCat(error.line(), ":") : "",
                        " ");
  }

  static ExitCode TellErrors(Session& session, const v1::ReloadResponse& response) {
    for (const v1::ConfigError& error : response.errors()) {
      session.TellPlainly(absl::StrCat(PlaceOf(error), error.message()));
    }
    session.Tell(absl::StrCat("the configuration has ", Count(response.errors_size(), "error"),
                              "; the running one stays as it is"));
    return ExitCode::kFailed;
  }

  void Show(Session& session, const v1::ReloadResponse& response) const {
    if (session.json()) {
      session.PrintJson(response);
      return;
    }
    session.Print(absl::StrCat(
        Plan(response, dry_run_), dry_run_ ? "nothing is changed; generation " : "generation ",
        response.generation(), dry_run_ ? " stays in force\n" : " is in force\n"));
    for (const v1::ConfigError& warning : response.warnings()) {
      session.TellPlainly(absl::StrCat(PlaceOf(warning), "warning: ", warning.message()));
    }
    TellRolls(session, response);
    TellFailures(session, response);
    if (!response.server_keys().empty()) {
      session.Tell(absl::StrCat("changed in [hob], in force after a restart of the server: ",
                                absl::StrJoin(response.server_keys(), ", ")));
    }
  }

  // Names the sets whose rolls continue after the answer.
  void TellRolls(Session& session, const v1::ReloadResponse& response) const {
    if (dry_run_) return;
    std::vector<std::string> sets;
    for (const v1::DaemonChange& change : response.changes()) {
      if (change.action() != v1::DaemonChange::ROLL) continue;
      if (change.held() || !change.failure().empty()) continue;
      const std::string set(ConfiguredName(change.name()));
      if (sets.empty() || sets.back() != set) sets.push_back(set);
    }
    for (const std::string& set : sets) session.Tell(absl::StrCat(set, ": ", RollGoesOn(set)));
  }

  static int Failures(const v1::ReloadResponse& response) {
    int failures = 0;
    for (const v1::DaemonChange& change : response.changes()) failures += !change.failure().empty();
    return failures;
  }

  static void TellFailures(Session& session, const v1::ReloadResponse& response) {
    for (const v1::DaemonChange& change : response.changes()) {
      if (!change.failure().empty()) session.Tell(change.failure());
    }
    if (const int failures = Failures(response); failures > 0) {
      session.Tell(absl::StrCat(Count(failures, "change"),
                                " failed, all others took effect; put it right and reload again"));
    }
  }

  bool dry_run_ = false;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Verb> MakeReloadVerb() { return std::make_unique<ReloadVerb>(); }

}  // namespace client
}  // namespace hob
