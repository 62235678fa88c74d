#ifndef HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_
#define HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/types/optional.h"

namespace hob {

// The settings of the [hob] section.
struct ServerSettings {
  // Valid addresses as configured: "unix:/ABSOLUTE/PATH" or "HOST:PORT". Default: hob.sock in
  // `run_dir`.
  std::vector<std::string> listen;
  // Default: CurrentPaths of default_paths.h.
  std::string run_dir;
  std::string log_dir;
  std::string state_dir;
  mode_t socket_mode = 0660;
  // Looked up when the configuration is loaded. Absent: the group of the server.
  absl::optional<gid_t> socket_group;
  // Automatic starts per second, and the number of them at once. Absent: unlimited.
  absl::optional<double> start_rate;
  int start_burst = 1;
  // "HOST:PORT" on loopback; empty: no metrics.
  std::string metrics_listen;

  // Every key with its value as a configuration file takes it; a reload compares these.
  std::map<std::string, std::string> settings;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_SERVER_SETTINGS_H_
