// The keys of a daemon. Each is one row of a table: its parser, its writer, the effect of a change.
#ifndef HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_
#define HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// The key whose value is the command. It is not in the table: a command identifies a daemon and is
// no setting.
inline constexpr char kCommandKey[] = "command";

// The effect of a changed key at a reload.
enum class KeyChange {
  // Takes effect in the running daemon ("live").
  kLive,
  // Needs a new process.
  kRestart,
};

// Writes a checked value to a spec. `environment` is merged into the variables of the spec.
using DaemonSetter = std::function<void(DaemonSpec*)>;

// A key of [daemon:NAME] and [os_daemon_settings].
struct DaemonKey {
  std::string name;
  // One line for users: the meaning, with its unit or its choices.
  std::string help;
  KeyChange change = KeyChange::kRestart;
  // True for a key of the restart throttle; `hob simulate` has an option for each.
  bool throttle = false;
  // True if the parser takes the value with its quotes: a list, whose quotes belong to its items.
  bool quoted = false;
  // Checks a value. InvalidArgument says what would be right.
  std::function<absl::StatusOr<DaemonSetter>(absl::string_view text)> parse;
  // Returns the value in a spec as a configuration file takes it; equal values give equal texts.
  // Empty: not configured.
  std::function<std::string(const DaemonSpec& spec)> write;
  // True if `%i` in the value stands for the number of the instance, in a set.
  bool per_instance = false;
};

// Returns all keys but `command`, in the order in which `hob keys` lists them. Never destroyed.
const std::vector<DaemonKey>& DaemonKeys();

// Returns the names of all keys but `command`.
std::vector<std::string> DaemonKeyNames();

// Returns the row of a key; null if there is none.
const DaemonKey* FindDaemonKey(absl::string_view name);

// Checks the value of a key as written in a file or on a command line. InvalidArgument says what is
// wrong and what would be right.
absl::StatusOr<DaemonSetter> ParseDaemonKey(const DaemonKey& key, absl::string_view text);

// Returns `text` for an instance: with its number in place of each `%i`, and a percent sign in
// place of each `%%`. InvalidArgument if another character follows a percent sign.
absl::StatusOr<std::string> TextForInstance(absl::string_view text, int number);

// Parses the value of a key as above and writes it to `spec`, which an error leaves unchanged.
absl::Status SetDaemonKey(const DaemonKey& key, absl::string_view text, DaemonSpec* spec);

// Fills `spec->settings` from the other fields of `spec`.
void WriteDaemonSettings(DaemonSpec* spec);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_
