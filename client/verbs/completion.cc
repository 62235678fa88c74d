#include "client/verbs/completion.h"

#include <string>

#include "client/completion_script.h"

namespace hob {
namespace client {
namespace {

class CompletionVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"completion", "", "Print the script that completes command lines in a shell",
            Arguments::kShell};
  }

  void Define(CLI::App& command) override {
    command.add_option("SHELL", shell_, "bash, zsh or fish")->type_name("")->required();
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::string> script = CompletionScript(shell_, session.description());
    if (!script.ok()) return session.Fail(script.status());
    session.Print(*script);
    return ExitCode::kDone;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Verb> MakeCompletionVerb() { return std::make_unique<CompletionVerb>(); }

}  // namespace client
}  // namespace hob
