// The keys of a daemon: one row of a table each, with its reader, its writer and
// what a change of it takes.
#ifndef HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_
#define HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// The key whose value is the command; it is not in the table, because it is an identity and not a
// setting.
inline constexpr char kCommandKey[] = "command";

// What a change of a key takes.
enum class KeyChange {
  // It takes effect in the running daemon ("live").
  kLive,
  // It takes a new process.
  kRestart,
};

// A key of [daemon:NAME] and [os_daemon_settings].
struct DaemonKey {
  std::string name;
  // One line for people: what it is, with its unit or its choices.
  std::string help;
  KeyChange change = KeyChange::kRestart;
  // Whether it is one of the restart throttle's: what a simulation of it takes.
  bool throttle = false;
  // True if the reader takes the value with its quotes: lists, whose quotes are those of their
  // items.
  bool quoted = false;
  // Checks a value and writes it to the spec. InvalidArgument says what would be right.
  absl::Status (*read)(absl::string_view text, DaemonSpec* spec) = nullptr;
  // The value of a spec as a configuration file takes it; the same for all ways to write the same
  // value. Empty: not configured.
  std::string (*write)(const DaemonSpec& spec) = nullptr;
};

// All keys but `command`, in the order of the contract. Lives for ever.
const std::vector<DaemonKey>& DaemonKeys();

// The names of all keys but `command`.
std::vector<std::string> DaemonKeyNames();

// The row of a key; null when there is none.
const DaemonKey* FindDaemonKey(absl::string_view name);

// Checks the value of a key as it stands in a file or on a command line, and writes it to `spec`.
// `environment` is merged into what the spec has. InvalidArgument says what is wrong and what would
// be right.
absl::Status SetDaemonKey(const DaemonKey& key, absl::string_view text, DaemonSpec* spec);

// Fills `spec->settings` from all its other fields.
void WriteDaemonSettings(DaemonSpec* spec);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_DAEMON_KEYS_H_
