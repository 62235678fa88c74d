// The verbs of the command line.
//
// A new verb is a class in a .cc file with a Make…Verb function, which is declared here and called
// by AllVerbs. Help, completion and suggestions are made from its VerbInfo and Parameters.
#ifndef HOB_CLIENT_VERBS_VERBS_H_
#define HOB_CLIENT_VERBS_VERBS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "client/command_line_description.h"
#include "client/exit_code.h"
#include "client/session.h"

namespace hob {
namespace client {

// An option or an argument of a verb, and the target of its value. A plain value; does not own the
// target.
struct Parameter {
  // A flag, a text, a text or number that may be absent, or any number of texts.
  using Value = absl::variant<bool*, std::string*, absl::optional<std::string>*,
                              absl::optional<int64_t>*, std::vector<std::string>*>;

  // An option's names with dashes: "--all", "-n,--lines"; an argument's name without: "NAME".
  std::string names;
  Value value;
  std::string summary;
  // The word for the value in the help, after the names; empty for none.
  std::string value_name = "TEXT";
  // True if the command line must have it.
  bool required = false;
  // The allowed texts; empty allows any text.
  std::vector<std::string> choices = {};
  // The largest allowed number; the smallest is 0. No limit if absent.
  absl::optional<int> maximum = absl::nullopt;
};

// A subcommand. CommandLine calls Parameters once, before it parses the command line into their
// values; Run follows. Not thread-safe.
class Verb {
 public:
  virtual ~Verb() = default;

  virtual VerbInfo info() const = 0;
  // Returns the options and arguments; their targets are members of this object.
  virtual std::vector<Parameter> Parameters() { return {}; }
  // Executes the verb. InvalidArgument reported by Session::Fail is a usage error.
  virtual ExitCode Run(Session& session) = 0;
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

// Returns every verb, in the order of the help.
Verbs AllVerbs();

// `hob list [NAME...]`: lists daemons, one per line.
std::unique_ptr<Verb> MakeListVerb();
// `hob status [NAME...]`: describes daemons in full; has its own exit codes.
std::unique_ptr<Verb> MakeStatusVerb();
// `hob explain NAME...`: explains a daemon's state and how to change it.
std::unique_ptr<Verb> MakeExplainVerb();
// `hob graph`: shows which daemons depend on which.
std::unique_ptr<Verb> MakeGraphVerb();
// `hob info`: describes the server.
std::unique_ptr<Verb> MakeInfoVerb();
// `hob logs NAME...`: prints the output of daemons; with -f follows it.
std::unique_ptr<Verb> MakeLogsVerb();
// `hob watch [NAME...]`: prints changes of daemons as they happen.
std::unique_ptr<Verb> MakeWatchVerb();
// `hob health [NAME]`: for probes; shows whether the server, or a daemon, is healthy.
std::unique_ptr<Verb> MakeHealthVerb();
// `hob start NAME...`: starts daemons and waits until they are up.
std::unique_ptr<Verb> MakeStartVerb();
// `hob stop NAME...`: stops daemons and waits until all their processes have ended.
std::unique_ptr<Verb> MakeStopVerb();
// `hob restart NAME...`: stops and starts daemons and waits until they are up.
std::unique_ptr<Verb> MakeRestartVerb();
// `hob signal SIG NAME...`: sends a signal to daemons.
std::unique_ptr<Verb> MakeSignalVerb();
// `hob hold NAME... --reason TEXT`: keeps the server from starting or ending daemons by itself.
std::unique_ptr<Verb> MakeHoldVerb();
// `hob release NAME...`: ends holds on daemons.
std::unique_ptr<Verb> MakeReleaseVerb();
// `hob reload`: makes the server read its configuration again.
std::unique_ptr<Verb> MakeReloadVerb();
// `hob check [PATH...]`: checks a configuration without a server.
std::unique_ptr<Verb> MakeCheckVerb();
// `hob keys [KEY...]`: lists the keys of the configuration, or describes some of them, without a
// server. An unknown KEY is a usage error.
std::unique_ptr<Verb> MakeKeysVerb();
// `hob simulate`: shows what the restart throttle would do, without a server.
std::unique_ptr<Verb> MakeSimulateVerb();
// `hob completion SHELL`: prints the script that completes command lines in a shell.
std::unique_ptr<Verb> MakeCompletionVerb();
// `hob version`: prints the version of this client.
std::unique_ptr<Verb> MakeVersionVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_VERBS_H_
