#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/table.h"
#include "client/verbs/verbs.h"

namespace hob {
namespace client {
namespace {

std::string Line(absl::string_view label, absl::string_view value) {
  return absl::StrFormat("%-14s %s\n", absl::StrCat(label, ":"), value);
}

// Returns "97 (95 RUNNING, 2 HALTED)", in the order of the states, without states that no daemon
// has.
std::string Daemons(const Session& session, const v1::InfoResponse& info) {
  int64_t total = 0;
  for (const auto& count : info.counts()) total += count.second;
  std::vector<std::string> parts;
  for (int i = v1::Daemon::State_MIN + 1; i <= v1::Daemon::State_MAX; ++i) {
    const auto state = static_cast<v1::Daemon::State>(i);
    const auto count = info.counts().find(StateName(state));
    if (count == info.counts().end() || count->second == 0) continue;
    parts.push_back(absl::StrCat(count->second, " ",
                                 Paint(StateName(state), StateColour(state), session.terminal())));
  }
  const std::string states = absl::StrJoin(parts, ", ");
  return states.empty() ? absl::StrCat(total) : absl::StrCat(total, " (", states, ")");
}

class InfoVerb : public Verb {
 public:
  VerbInfo info() const override { return {"info", "", "Describe the server", Arguments::kNone}; }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<v1::InfoResponse> info = session.supervisor().Info();
    if (!info.ok()) return session.Fail(info.status());
    if (session.json()) {
      session.PrintJson(*info);
    } else {
      PrintLines(session, *info);
    }
    return ExitCode::kDone;
  }

 private:
  static void PrintLines(Session& session, const v1::InfoResponse& info) {
    session.Print(
        absl::StrCat(Line("version", Escape(info.version())),
                     Line("address", Escape(session.supervisor().address())),
                     Line("pid", absl::StrCat(info.pid())),
                     Line("started", FormatTimeAndAge(ToTime(info.start_time()), session.Now(),
                                                      session.environment().zone)),
                     Line("configuration", absl::StrCat("generation ", info.config_generation())),
                     Line("containment", Escape(info.containment())),
                     Line("strays reaped", absl::StrCat(info.strays_reaped())),
                     Line("daemons", Daemons(session, info))));
  }
};

}  // namespace

std::unique_ptr<Verb> MakeInfoVerb() { return std::make_unique<InfoVerb>(); }

}  // namespace client
}  // namespace hob
