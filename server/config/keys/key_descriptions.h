// Describes every key of a configuration file to users, from the tables of keys.
#ifndef HOB_SERVER_CONFIG_KEYS_KEY_DESCRIPTIONS_H_
#define HOB_SERVER_CONFIG_KEYS_KEY_DESCRIPTIONS_H_

#include <string>
#include <vector>

#include "server/config/keys/default_paths.h"

namespace hob {

// The way in which a changed key takes effect.
enum class KeyEffect {
  // By a reload; the process of the daemon stays.
  kLive,
  // By a reload, with a new process of the daemon.
  kNewProcess,
  // By a restart of hobd.
  kServerRestart,
};

// A key for users.
struct KeyDescription {
  std::string name;
  // The sections that take the key, without brackets: "os_daemon_settings", "daemon:NAME", "hob".
  // Never empty.
  std::vector<std::string> sections;
  // The default as a configuration file takes it; empty if there is none.
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
