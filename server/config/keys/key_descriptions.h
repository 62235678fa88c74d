// Every key of a configuration file as users read about it, from the tables that parse them.
#ifndef HOB_SERVER_CONFIG_KEYS_KEY_DESCRIPTIONS_H_
#define HOB_SERVER_CONFIG_KEYS_KEY_DESCRIPTIONS_H_

#include <string>
#include <vector>

#include "server/config/keys/default_paths.h"

namespace hob {

// How the change of a key in the configuration comes into force.
enum class KeyEffect {
  // A reload changes it; the process of the daemon stays.
  kLive,
  // A reload changes it, with a new process of the daemon.
  kNewProcess,
  // Only a new hobd reads it.
  kServerRestart,
};

struct KeyDescription {
  std::string name;
  // The sections that take the key, without brackets: "os_daemon_settings", "daemon:NAME", "hob".
  // Never empty.
  std::vector<std::string> sections;
  // The value without configuration, as a configuration file takes it; empty if there is none.
  std::string default_value;
  KeyEffect effect = KeyEffect::kServerRestart;
  // One or two sentences: the meaning with its unit, range or choices.
  std::string help;
};

// Returns all keys: those of a daemon, `command` first, and then those of [hob]; each group in the
// order of its table. `paths` are the default directories, which some defaults contain.
std::vector<KeyDescription> DescribeKeys(const DefaultPaths& paths);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_KEY_DESCRIPTIONS_H_
