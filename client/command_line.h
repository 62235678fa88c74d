// The command line: its definition, parsing, help and usage errors.
#ifndef HOB_CLIENT_COMMAND_LINE_H_
#define HOB_CLIENT_COMMAND_LINE_H_

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "client/command_line_description.h"
#include "client/exit_code.h"
#include "client/session.h"
#include "client/verbs/verb.h"

namespace hob {
namespace client {

// What is to be done after parsing.
struct ParsedCommandLine {
  // The verb to run; null when there is nothing to do but to print `text` and return `code`. Owned
  // by the command line.
  Verb* verb = nullptr;
  GlobalOptions options;
  ExitCode code = ExitCode::kDone;
  // Help; or, when `code` is not kDone, what is wrong, for standard error.
  std::string text;
};

// Owns the verbs. Parse is called once. Not thread-safe.
class CommandLine {
 public:
  explicit CommandLine(Verbs verbs);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Global options are found anywhere, before and behind the verb. Never throws.
  ParsedCommandLine Parse(std::vector<std::string> arguments);

  const CommandLineDescription& description() const { return description_; }

 private:
  void DefineGlobalOptions();
  void DefineVerb(Verb& verb);
  // The verb that the last parse found; null when there was none.
  Verb* ParsedVerb() const;
  std::string Help() const;
  // What is wrong with a command line in which CLI11 found `message`.
  ParsedCommandLine UsageError(const std::string& message);
  // The argument that was meant to be a verb, and is none; empty when there is none.
  std::string UnknownVerb() const;

  Verbs verbs_;
  CLI::App app_;
  // The verbs' subcommands, in the order of `verbs_`. Owned by `app_`.
  std::vector<CLI::App*> commands_;
  CommandLineDescription description_;
  std::string address_;
  std::string output_ = "table";
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_COMMAND_LINE_H_
