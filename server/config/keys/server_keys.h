// The keys of [hob]: one row of a table each. A change of any takes a restart of the
// server.
#ifndef HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_
#define HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/config/keys/accounts.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/server_settings.h"

namespace hob {

struct ServerKey {
  std::string name;
  // One line for people: what it is, with its unit or its choices.
  std::string help;
  // Checks a value, without its quotes unless `quoted`, and writes it to the settings.
  // InvalidArgument says what would be right.
  absl::Status (*read)(absl::string_view text, Accounts* accounts,
                       ServerSettings* settings) = nullptr;
  // The value of the settings as a configuration file takes it. Empty: not configured.
  std::string (*write)(const ServerSettings& settings) = nullptr;
  // True if the reader takes the value with its quotes: a list, whose quotes are those of its
  // items.
  bool quoted = false;
};

// All keys, in the order of the contract. Lives for ever.
const std::vector<ServerKey>& ServerKeys();

std::vector<std::string> ServerKeyNames();

// The row of a key; null when there is none.
const ServerKey* FindServerKey(absl::string_view name);

// Checks the value of a key as it stands in a file, and writes it to `settings`. Groups are looked
// up with `accounts`. InvalidArgument says what is wrong and what would be right.
absl::Status SetServerKey(const ServerKey& key, absl::string_view text, Accounts* accounts,
                          ServerSettings* settings);

// Settings with the folders of `paths`, and all else as without configuration; `listen` is empty.
ServerSettings DefaultServerSettings(const DefaultPaths& paths);

// Fills in what depends on other keys: an empty `listen` becomes the socket in `run_dir`. Then
// writes `settings->settings` from all other fields. InvalidArgument when the path of that socket
// is too long.
absl::Status CompleteServerSettings(ServerSettings* settings);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_SERVER_KEYS_H_
