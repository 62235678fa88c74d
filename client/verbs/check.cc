#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/format.h"
#include "client/json.h"
#include "client/verbs/verbs.h"
#include "hob/v1/supervisor.pb.h"
#include "server/config/config.h"

namespace hob {
namespace client {
namespace {

std::string ToJsonList(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> objects;
  for (const ConfigProblem& problem : problems) {
    v1::ConfigError error;
    error.set_file(problem.file);
    error.set_line(problem.line);
    error.set_message(problem.message);
    objects.push_back(ToJson(error));
  }
  return absl::StrCat("[", absl::StrJoin(objects, ","), "]");
}

class CheckVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"check", "", "Check a configuration, without a server", Arguments::kPaths};
  }

  std::vector<Parameter> Parameters() override {
    return {{"PATH", &paths_,
             "Files, and directories that stand for their *.ini files. Default: what hobd reads",
             ""}};
  }

  ExitCode Run(Session& session) override {
    const std::vector<std::string> paths = paths_.empty() ? DefaultConfigPaths() : paths_;
    if (paths.empty()) {
      session.Tell(
          "no configuration where hobd looks for one (/etc/hob as root, ~/.config/hob as another "
          "user): name files or directories");
      return ExitCode::kFailed;
    }
    const LoadedConfig loaded = LoadConfig(paths);
    if (session.json()) {
      PrintProblems(session, loaded);
    } else {
      Tell(session, loaded);
    }
    return loaded.ok() ? ExitCode::kDone : ExitCode::kFailed;
  }

 private:
  // Prints one object on one line: `errors` and `warnings`, each a list of objects with `file`,
  // `line` and `message` in the form of ConfigError, and `daemons`, their number (0 if there are
  // errors).
  static void PrintProblems(Session& session, const LoadedConfig& loaded) {
    session.Print(absl::StrCat(
        "{\"errors\":", ToJsonList(loaded.errors), ",\"warnings\":", ToJsonList(loaded.warnings),
        ",\"daemons\":", loaded.ok() ? loaded.config.daemons.size() : 0, "}\n"));
  }

  static void Tell(Session& session, const LoadedConfig& loaded) {
    for (const ConfigProblem& problem : loaded.errors) session.TellPlainly(problem.ToString());
    for (const ConfigProblem& problem : loaded.warnings) {
      ConfigProblem warning = problem;
      warning.message = absl::StrCat("warning: ", problem.message);
      session.TellPlainly(warning.ToString());
    }
    if (!loaded.ok()) {
      session.Tell(absl::StrCat("the configuration has ",
                                Count(static_cast<int64_t>(loaded.errors.size()), "error")));
      return;
    }
    const int64_t warnings = static_cast<int64_t>(loaded.warnings.size());
    session.Print(
        absl::StrCat("ok: ", Count(static_cast<int64_t>(loaded.config.daemons.size()), "daemon"),
                     warnings == 0 ? "" : absl::StrCat(", ", Count(warnings, "warning")), "\n"));
  }

  std::vector<std::string> paths_;
};

}  // namespace

std::unique_ptr<Verb> MakeCheckVerb() { return std::make_unique<CheckVerb>(); }

}  // namespace client
}  // namespace hob
