// Loads a configuration in three steps, each usable alone: read.h reads files, merge.h checks their
// values and lays them over each other, build.h makes specs.
#ifndef HOB_SERVER_CONFIG_CONFIG_H_
#define HOB_SERVER_CONFIG_CONFIG_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/config/ini/config_problem.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/server_settings.h"
#include "server/daemon/daemon_name.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// By name.
using DaemonSpecs = std::map<std::string, std::shared_ptr<const DaemonSpec>, NameLess>;

// A whole configuration.
struct Config {
  ServerSettings server;
  DaemonSpecs daemons;
};

// A configuration and its problems.
struct LoadedConfig {
  // Complete only without errors.
  Config config;
  // In the order of the files and lines.
  std::vector<ConfigProblem> errors;
  // Doubts that `hob check` prints, in the same order: skipped sections and daemons, words that
  // only a shell understands, values that do not mean what they look like, programs, directories
  // and env_files that are missing now, a back-off that can never halt.
  std::vector<ConfigProblem> warnings;

  bool ok() const { return errors.empty(); }
};

// Loads and checks the chain `paths`: files, and directories that stand for their *.ini files in
// name order. A later file overrides an earlier one key by key. Without --config the chain is
// DefaultConfigPaths of default_paths.h. Besides these files the checks read the user and group
// databases, the type and permissions of programs, the type of each `directory`, and each
// `env_file`. Changes nothing. Blocks on the disk and the databases.
//
// - Each value is checked by itself in each file, even if a later file overrides it. Users, groups
//   and keys that depend on each other are checked only as they are in force.
// - `NAME =` in [os_daemons] and `command =` in [daemon:NAME] take back the command of an
//   earlier file, in either section. Other keys of NAME stay for a command in a later file. If one
//   file has both a command and an empty one, the command wins.
// - `key =` in [daemon:NAME] takes back the values that earlier files give it in [daemon:NAME]; the
//   value in [os_daemon_settings] is in force again.
// - A daemon with `instances` becomes a set: NAME@1, NAME@2 and so on. `%i` in some of its keys is
//   the number of the instance, and the instances share its errors and warnings.
// - Quotes and `\` mean the same in every value as in a command: `directory = "/srv/a b"`.
LoadedConfig LoadConfig(const std::vector<std::string>& paths);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_CONFIG_H_
