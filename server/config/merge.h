// The second step of loading a configuration: texts -> one set of checked settings.
#ifndef HOB_SERVER_CONFIG_MERGE_H_
#define HOB_SERVER_CONFIG_MERGE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/config/ini/config_problem.h"
#include "server/config/keys/accounts.h"
#include "server/config/keys/command.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/server_keys.h"
#include "server/config/read.h"

namespace hob {

// The setting of a key in the last text that mentions it.
template <typename Value>
struct Setting {
  ConfigPlace place;
  // Absent if the text takes the setting back.
  absl::optional<Value> value;
  // As written, if it depends on whether the daemon is an instance of a set
  // (DaemonKey::per_instance) and is parsed for each; otherwise empty.
  std::string text = {};
};

// By key.
using DaemonLayer = std::map<std::string, Setting<DaemonSetter>>;
using ServerLayer = std::map<std::string, Setting<ServerSetter>>;

// A daemon that some text mentions.
struct MergedDaemon {
  // The place of the first mention.
  ConfigPlace place;
  // Absent if no text mentions a command.
  absl::optional<Setting<ParsedCommand>> command;
  // Its other settings.
  DaemonLayer settings;

  bool has_command() const { return command.has_value() && command->value.has_value(); }
};

// All texts of a configuration, later ones laid over earlier ones. Each value is valid by itself.
struct MergedConfig {
  // The names of the texts; ConfigPlace::source is an index of it.
  std::vector<std::string> sources;
  // [hob]
  ServerLayer server;
  // [os_daemon_settings]
  DaemonLayer defaults;
  // [os_daemons] and [daemon:NAME], by NAME.
  std::map<std::string, MergedDaemon> daemons;
};

// Returns the setting of a key that is in force; null if the key is not set or is taken back.
template <typename Value>
const Setting<Value>* FindInForce(const std::map<std::string, Setting<Value>>& settings,
                                  const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end() || !found->second.value.has_value()) return nullptr;
  return &found->second;
}

// Parses every text and every value in it once, and lays later texts over earlier ones, key by key.
// Reports wrong sections, keys and values, and leaves them out of the result; warns of skipped
// sections and of values that do not mean what they look like. Blocks on the group database.
MergedConfig MergeConfigTexts(const std::vector<ConfigText>& texts, Accounts* accounts,
                              ProblemList* errors, ProblemList* warnings);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_MERGE_H_
