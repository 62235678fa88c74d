// The keys of [hob]. Each is one row of a table. A change of any needs a restart of the server.
#ifndef HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_
#define HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config/keys/accounts.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/server_settings.h"

namespace hob {

// Writes a checked value to the settings.
using ServerSetter = std::function<void(ServerSettings*)>;

// A key of [hob].
struct ServerKey {
  std::string name;
  // One line for users: the meaning, with its unit or its choices.
  std::string help;
  // Checks a value; looks up groups with `accounts`. InvalidArgument says what would be right.
  absl::StatusOr<ServerSetter> (*parse)(absl::string_view text, Accounts* accounts) = nullptr;
  // Returns the value in the settings as a configuration file takes it. Empty: not configured.
  std::string (*write)(const ServerSettings& settings) = nullptr;
  // True if the parser takes the value with its quotes: a list, whose quotes belong to its items.
  bool quoted = false;
};

// Returns all keys, in the order in which `hob keys` lists them. Never destroyed.
const std::vector<ServerKey>& ServerKeys();

// Returns the names of all keys.
std::vector<std::string> ServerKeyNames();

// Returns the row of a key; null if there is none.
const ServerKey* FindServerKey(absl::string_view name);

// Checks the value of a key as written in a file; looks up groups with `accounts`, which may block.
// InvalidArgument says what is wrong and what would be right.
absl::StatusOr<ServerSetter> ParseServerKey(const ServerKey& key, absl::string_view text,
                                            Accounts* accounts);

// Returns the settings of a server without configuration, with the directories of `paths` and an
// empty `listen`.
ServerSettings DefaultServerSettings(const DefaultPaths& paths);

// Replaces an empty `listen` by the socket in `run_dir`, then fills `settings->settings` from the
// other fields. InvalidArgument if the path of that socket is too long.
absl::Status CompleteServerSettings(ServerSettings* settings);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_
