#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/verbs/daemon_statuses.h"
#include "client/verbs/verbs.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

using Statuses = std::map<std::string, v1::StatusResponse, NameLess>;

// Writes trees: below each daemon those that it depends on, a daemon's own tree only once.
class TreeWriter {
 public:
  TreeWriter(const Session& session, const Statuses& statuses)
      : session_(session), statuses_(statuses) {}

  std::string Write() && {
    int alone = 0;
    for (const auto& [name, status] : statuses_) {
      if (!status.dependents().empty()) continue;
      if (status.dependencies().empty()) {
        ++alone;
      } else {
        Add(name, "", 0);
      }
    }
    if (alone > 0) absl::StrAppend(&text_, Count(alone, "daemon"), " without dependencies\n");
    return std::move(text_);
  }

 private:
  // `condition` is what the daemon above waits for.
  void Add(const std::string& name, const std::string& condition, int depth) {
    absl::StrAppend(&text_, std::string(2 * depth, ' '), Escape(name), condition);
    const auto found = statuses_.find(name);
    // It may have been removed meanwhile.
    if (found == statuses_.end()) return absl::StrAppend(&text_, "\n");
    const v1::Daemon& daemon = found->second.daemon();
    absl::StrAppend(&text_, "  ",
                    Paint(StateOf(daemon), StateColour(daemon.state()), session_.terminal()));
    const auto& dependencies = found->second.dependencies();
    const bool is_shown = !shown_.insert(name).second;
    absl::StrAppend(&text_, is_shown && !dependencies.empty() ? "  (see above)\n" : "\n");
    if (is_shown) return;
    for (const v1::Dependency& dependency : dependencies) {
      Add(dependency.daemon(),
          absl::StrCat(": ", ConditionName(dependency.condition()),
                       dependency.restart_with() ? ", restart_with" : "",
                       dependency.met() ? "" : " (not met)"),
          depth + 1);
    }
  }

  const Session& session_;
  const Statuses& statuses_;
  std::set<std::string> shown_;
  std::string text_;
};

// Returns the graph in DOT format, for dot(1).
std::string Dot(const Statuses& statuses) {
  std::string text = "digraph hob {\n";
  for (const auto& [name, status] : statuses) {
    absl::StrAppend(&text, "  \"", Escape(name), "\" [label=\"", Escape(name), "\\n",
                    StateOf(status.daemon()), "\"];\n");
    for (const v1::Dependency& dependency : status.dependencies()) {
      absl::StrAppend(&text, "  \"", Escape(name), "\" -> \"", Escape(dependency.daemon()),
                      "\" [label=\"", ConditionName(dependency.condition()), "\"",
                      dependency.restart_with() ? ", color=red" : "",
                      dependency.met() ? "" : ", style=dashed", "];\n");
    }
  }
  return absl::StrCat(text, "}\n");
}

class GraphVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"graph", "", "Show the dependencies between daemons", Arguments::kNone};
  }

  std::vector<Parameter> Parameters() override {
    return {{"--dot", &dot_, "Print the graph in DOT format, for dot(1)"}};
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::vector<v1::StatusResponse>> fetched = FetchStatuses(session, {});
    if (!fetched.ok()) return session.Fail(fetched.status());
    Statuses statuses;
    for (const v1::StatusResponse& status : *fetched) {
      if (session.json()) session.PrintJson(status);
      statuses[status.daemon().name()] = status;
    }
    if (session.json()) return ExitCode::kDone;
    session.Print(dot_ ? Dot(statuses) : TreeWriter(session, statuses).Write());
    return ExitCode::kDone;
  }

 private:
  bool dot_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeGraphVerb() { return std::make_unique<GraphVerb>(); }

}  // namespace client
}  // namespace hob
