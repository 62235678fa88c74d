#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/table.h"
#include "client/verbs/verbs.h"
#include "server/config/keys/values.h"

namespace hob {
namespace client {
namespace {

using States = std::vector<v1::Daemon::State>;

std::string KnownStates() {
  std::vector<std::string> names;
  for (int i = v1::Daemon::State_MIN + 1; i <= v1::Daemon::State_MAX; ++i) {
    names.push_back(v1::Daemon::State_Name(static_cast<v1::Daemon::State>(i)));
  }
  return absl::StrJoin(names, ", ");
}

absl::StatusOr<States> ParseStates(const std::vector<std::string>& lists) {
  States states;
  for (const std::string& list : lists) {
    for (const std::string& name : SplitList(list)) {
      v1::Daemon::State state;
      if (!v1::Daemon::State_Parse(absl::AsciiStrToUpper(name), &state) ||
          state == v1::Daemon::STATE_UNSPECIFIED) {
        return absl::InvalidArgumentError(
            absl::StrCat("--state: '", name, "' is not one of ", KnownStates()));
      }
      states.push_back(state);
    }
  }
  return states;
}

std::string Uptime(const v1::Daemon& daemon, absl::Time now) {
  if (daemon.pid() == 0 || !daemon.has_start_time()) return "";
  return FormatAge(now - ToTime(daemon.start_time()));
}

std::string PidOf(const v1::Daemon& daemon) {
  return daemon.pid() == 0 ? "" : absl::StrCat(daemon.pid());
}

class ListVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"list", "ls", "List daemons, one per line", Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &patterns_,
             "Only these: names of daemons and sets, and globs (*, ?, [a-z]) on them", ""},
            {"--state", &state_texts_,
             "Only daemons in one of these states; a list with commas, or repeated", "STATE"},
            {"-q,--names-only", &names_only_, "Print only the names, one per line"}};
  }

  ExitCode Run(Session& session) override {
    if (names_only_ && session.json()) {
      return session.Fail(
          absl::InvalidArgumentError("--names-only and -o json exclude each other"));
    }
    const absl::StatusOr<States> states = ParseStates(state_texts_);
    if (!states.ok()) return session.Fail(states.status());
    const absl::StatusOr<v1::ListResponse> list = Fetch(session, *states);
    if (!list.ok()) return session.Fail(list.status());
    if (session.json()) {
      session.PrintJson(*list);
    } else if (names_only_) {
      PrintNames(session, *list);
    } else {
      PrintTable(session, *list);
    }
    return ExitCode::kDone;
  }

 private:
  // With patterns, selects by state on this side: a pattern that only matches daemons in other
  // states is valid, a pattern that matches no daemon is an error.
  absl::StatusOr<v1::ListResponse> Fetch(Session& session, const States& states) const {
    absl::StatusOr<v1::ListResponse> list =
        session.supervisor().List(patterns_, patterns_.empty() ? states : States());
    if (!list.ok() || patterns_.empty()) return list;
    std::vector<std::string> unmatched;
    MatchDaemons(patterns_, list->daemons(), &unmatched);
    if (!unmatched.empty()) return NoSuchDaemons(session, unmatched);
    if (states.empty()) return list;
    auto* daemons = list->mutable_daemons();
    daemons->erase(std::remove_if(daemons->begin(), daemons->end(),
                                  [&](const v1::Daemon& daemon) {
                                    return std::find(states.begin(), states.end(),
                                                     daemon.state()) == states.end();
                                  }),
                   daemons->end());
    return list;
  }

  static void PrintNames(Session& session, const v1::ListResponse& list) {
    std::string text;
    for (const v1::Daemon& daemon : list.daemons()) {
      absl::StrAppend(&text, Escape(daemon.name()), "\n");
    }
    session.Print(text);
  }

  static void PrintTable(Session& session, const v1::ListResponse& list) {
    Table table({{"NAME"},
                 {"STATE"},
                 {"PID", true},
                 {"UPTIME", true},
                 {"RESTARTS", true},
                 {"LAST EXIT"},
                 {"REASON"}});
    for (const v1::Daemon& daemon : list.daemons()) {
      table.AddRow({{daemon.name()},
                    {StateOf(daemon), StateColour(daemon.state())},
                    {PidOf(daemon)},
                    {Uptime(daemon, session.Now())},
                    {absl::StrCat(daemon.restart_count())},
                    {daemon.has_last_exit() ? DescribeExitShortly(daemon.last_exit()) : ""},
                    {ReasonOf(daemon)}});
    }
    session.Print(table.Render(session.terminal()));
    if (list.daemons().empty()) session.Tell("no daemons");
  }

  std::vector<std::string> patterns_;
  std::vector<std::string> state_texts_;
  bool names_only_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeListVerb() { return std::make_unique<ListVerb>(); }

}  // namespace client
}  // namespace hob
