// The command line: its definition, parsing, help and usage errors.
#ifndef HOB_CLIENT_COMMAND_LINE_H_
#define HOB_CLIENT_COMMAND_LINE_H_

#include <memory>
#include <string>
#include <vector>

#include "client/command_line_description.h"
#include "client/exit_code.h"
#include "client/session.h"
#include "client/verbs/verbs.h"

namespace CLI {
class App;
}

namespace hob {
namespace client {

// The work to do after parsing.
struct ParsedCommandLine {
  // The verb to run; null if the only work is to print `text` and return `code`. Owned by the
  // command line.
  Verb* verb = nullptr;
  GlobalOptions options;
  ExitCode code = ExitCode::kDone;
  // Help, or, if `code` is not kDone, the error, for standard error.
  std::string text;
};

// Owns the verbs. Parse is called once. CLI11 does the parsing, behind this header. Not
// thread-safe.
class CommandLine {
 public:
  explicit CommandLine(Verbs verbs);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Finds global options anywhere, before and after the verb. Never throws.
  ParsedCommandLine Parse(std::vector<std::string> arguments);

  const CommandLineDescription& description() const { return description_; }

 private:
  void DefineGlobalOptions();
  void DefineVerb(Verb& verb);
  // Returns the verb that Parse found; null if it found none.
  Verb* ParsedVerb() const;
  std::string Help() const;
  // Names the argument that nothing takes, and the option it may have meant. Precondition: a verb
  // was parsed and an argument is left over.
  std::string UnknownArgument() const;
  // Returns the usage error for `message`, an error of CLI11.
  ParsedCommandLine UsageError(const std::string& message);
  // Returns the first argument that is not an option if Parse found no verb; else empty.
  std::string UnknownVerb() const;

  Verbs verbs_;
  const std::unique_ptr<CLI::App> app_;
  // The verbs' subcommands, in the order of `verbs_`. Owned by `app_`.
  std::vector<CLI::App*> commands_;
  CommandLineDescription description_;
  std::string address_;
  std::string output_ = "table";
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_COMMAND_LINE_H_
