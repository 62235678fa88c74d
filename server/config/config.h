// Configuration: INI text -> sections with file:line -> DaemonSpecs. Knows nothing of processes.
#ifndef HOB_SERVER_CONFIG_CONFIG_H_
#define HOB_SERVER_CONFIG_CONFIG_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/config/ini/config_problem.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/server_settings.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

using DaemonSpecs = std::map<std::string, std::shared_ptr<const DaemonSpec>>;

// A whole configuration. A plain value.
struct Config {
  ServerSettings server;
  // By name.
  DaemonSpecs daemons;
};

struct LoadedConfig {
  // Meaningful only without errors.
  Config config;
  // Everything that is wrong, in the order of the chain and of the lines.
  std::vector<ConfigProblem> errors;
  // Doubts that `hob check` tells beyond errors, in the same order: skipped sections and names,
  // words that only a shell would understand and values that look like something else than they
  // are, programs, folders and env_files that are missing now, a back-off that can never halt.
  std::vector<ConfigProblem> warnings;

  bool ok() const { return errors.empty(); }
};

// Reads and checks the chain `paths`: files, and folders that stand for their *.ini files in name
// order; a later one overrides an earlier one key by key. Reads these files, the user and group
// databases, the type and permissions of the programs that commands name, the type of each
// `directory`, and each `env_file`; changes nothing.
// Blocks on them. The chain without --config is DefaultConfigPaths of default_paths.h.
//
// How the chain is put together:
// - Each value is checked by itself in each file, also where a later file overrides it; what needs
//   the others (users, groups, one key with another) is checked on what is in force.
// - `NAME =` in [os_daemons] and `command =` in [daemon:NAME] take back the command, wherever an
//   earlier file has it; what other keys say of NAME stays for a command that comes back later. In
//   one file, a command wins over the taking back.
// - `key =` in [daemon:NAME] takes back what earlier files say in [daemon:NAME]; what
//   [os_daemon_settings] says is in force again.
// - Quotes and `\` mean in every value what they mean in a command: `directory = "/srv/a b"`.
LoadedConfig LoadConfig(const std::vector<std::string>& paths);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_CONFIG_H_
