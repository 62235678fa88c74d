#ifndef HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_
#define HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/types/optional.h"

namespace hob {

// The [hob] section. A plain value.
struct ServerSettings {
  // As configured: "unix:/ABSOLUTE/PATH" or "HOST:PORT", checked. Not configured: hob.sock in
  // `run_dir`, wherever that is.
  std::vector<std::string> listen;
  // Not configured: those of default_paths.h.
  std::string run_dir;
  std::string log_dir;
  std::string state_dir;
  mode_t socket_mode = 0660;
  // Absent: the group of the server. Resolved at load.
  absl::optional<gid_t> socket_group;
  // Automatic starts per second, and how many of them at once; absent: unlimited. A rate without a
  // burst has a burst of 1.
  absl::optional<double> start_rate;
  int start_burst = 1;
  // "HOST:PORT" on loopback; empty: no metrics.
  std::string metrics_listen;

  // Every key with its value in force, written as a configuration file takes it: what a reload
  // compares.
  std::map<std::string, std::string> settings;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_
