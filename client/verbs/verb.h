// What each verb of the command line is made of.
//
// A verb is one file pair here: its header has a Make…Verb function, its source the class. A new
// one is added to all_verbs.cc and to BUILD, and is then in the help, the completion and the
// suggestions.
#ifndef HOB_CLIENT_VERBS_VERB_H_
#define HOB_CLIENT_VERBS_VERB_H_

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "client/command_line_description.h"
#include "client/exit_code.h"
#include "client/session.h"

namespace hob {
namespace client {

// First Define, then CLI11 fills in what was defined, then Run. Not thread-safe.
class Verb {
 public:
  virtual ~Verb() = default;

  virtual VerbInfo info() const = 0;
  // Adds the options and arguments to the verb's own subcommand, which points into this object.
  virtual void Define(CLI::App& command) = 0;
  // Does it. InvalidArgument told by Session::Fail is a usage error.
  virtual ExitCode Run(Session& session) = 0;
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

// Adds any number of arguments, one at least where they are `required`. Unlike CLI11's own lists it
// leaves an argument in brackets alone, which is a glob here.
void DefineList(CLI::App& command, const std::string& name, const std::string& summary,
                bool required, std::vector<std::string>& values);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_VERB_H_
