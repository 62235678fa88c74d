#ifndef HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_
#define HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace hob {

// Default paths of directories, all absolute.
struct DefaultPaths {
  // Contains hob.ini and hob.d/.
  std::string config_dir;
  std::string run_dir;
  std::string log_dir;
  std::string state_dir;
};

// The name of the server's socket in its `run_dir`; `listen` overrides it.
inline constexpr char kSocketName[] = "hob.sock";

// The directories from which the default paths of an ordinary user follow. Empty: not set.
struct UserDirectories {
  uid_t uid = 0;
  std::string home;
  std::string xdg_config_home;
  std::string xdg_runtime_dir;
  std::string xdg_state_home;
  // True if /run/user/UID exists.
  bool has_run_user = false;
};

// Returns root's paths: /etc/hob, /run/hob, /var/log/hob, /var/lib/hob.
DefaultPaths SystemPaths();

// Returns the paths of an ordinary user. config_dir: hob/ in $XDG_CONFIG_HOME, else in ~/.config.
// run_dir: hob/ in $XDG_RUNTIME_DIR, else in /run/user/UID, else /tmp/hob-UID, which only the user
// may own. state_dir: hob/ in $XDG_STATE_HOME, else in ~/.local/state; log_dir is log/ in it.
// Ignores a variable that is not an absolute path, as the XDG specification demands. /tmp/hob-UID
// replaces a missing home.
DefaultPaths UserPaths(const UserDirectories& directories);

// Returns the paths of this process: SystemPaths for root, else UserPaths from the environment and
// the user database.
DefaultPaths CurrentPaths();

// Returns the chain without --config: hob.ini, then hob.d/, in the config_dir of CurrentPaths, as
// far as they exist.
std::vector<std::string> DefaultConfigPaths();

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_
