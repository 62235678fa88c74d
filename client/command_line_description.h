// The verbs and options of the command line as plain data, for completion scripts.
#ifndef HOB_CLIENT_COMMAND_LINE_DESCRIPTION_H_
#define HOB_CLIENT_COMMAND_LINE_DESCRIPTION_H_

#include <string>
#include <vector>

namespace hob {
namespace client {

// The kind of a verb's arguments.
enum class Arguments {
  kNone,
  // Names of daemons and globs.
  kDaemons,
  // A signal, then names of daemons and globs.
  kSignalAndDaemons,
  // Files and directories.
  kPaths,
  // Keys of the configuration.
  kKeys,
  // A shell that `completion` supports.
  kShell,
};

// The description of a verb, known before anything is parsed.
struct VerbInfo {
  std::string name;
  // A second name; empty if the verb has only one.
  std::string alias;
  // One line about its purpose.
  std::string summary;
  Arguments arguments = Arguments::kNone;
};

struct OptionDescription {
  // "--timeout".
  std::string name;
  // One letter without its dash; empty if the option has none.
  std::string letter;
  std::string summary;
  bool takes_value = false;
};

struct VerbDescription {
  VerbInfo info;
  std::vector<OptionDescription> options;
};

struct CommandLineDescription {
  std::vector<OptionDescription> global_options;
  std::vector<VerbDescription> verbs;
};

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_COMMAND_LINE_DESCRIPTION_H_
