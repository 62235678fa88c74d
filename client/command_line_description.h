// What the command line takes, as plain data: what completion scripts are written from.
#ifndef HOB_CLIENT_COMMAND_LINE_DESCRIPTION_H_
#define HOB_CLIENT_COMMAND_LINE_DESCRIPTION_H_

#include <string>
#include <vector>

namespace hob {
namespace client {

// What the arguments of a verb are.
enum class Arguments {
  kNone,
  // Names of daemons and globs.
  kDaemons,
  // A signal, then names of daemons and globs.
  kSignalAndDaemons,
  // Files and folders.
  kPaths,
  // Keys of the configuration.
  kKeys,
  // A shell that `completion` writes for.
  kShell,
};

// What is said of a verb before anything is parsed.
struct VerbInfo {
  std::string name;
  // Another name of it; empty when it has none.
  std::string alias;
  // One line: what it does.
  std::string summary;
  Arguments arguments = Arguments::kNone;
};

struct OptionDescription {
  // "--timeout".
  std::string name;
  // One letter without its dash; empty when it has none.
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
