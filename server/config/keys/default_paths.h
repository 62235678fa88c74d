#ifndef HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_
#define HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace hob {

// Default paths of files and folders. All absolute.
struct DefaultPaths {
  // Holds hob.ini and hob.d/.
  std::string config_dir;
  std::string run_dir;
  std::string log_dir;
  std::string state_dir;
};

// The name of the server's socket in its `run_dir`, unless `listen` says otherwise.
inline constexpr char kSocketName[] = "hob.sock";

// What the choice for an ordinary user rests on. Empty: not set.
struct UserFolders {
  uid_t uid = 0;
  std::string home;
  std::string xdg_config_home;
  std::string xdg_runtime_dir;
  std::string xdg_state_home;
  // Whether /run/user/UID is there.
  bool has_run_user = false;
};

// /etc/hob, /run/hob, /var/log/hob, /var/lib/hob: root's.
DefaultPaths SystemPaths();

// An ordinary user's. Configuration: hob/ of $XDG_CONFIG_HOME, else of ~/.config. run_dir: hob/ of
// $XDG_RUNTIME_DIR, else of /run/user/UID, else /tmp/hob-UID (which whoever creates it must own
// alone). state_dir: hob/ of $XDG_STATE_HOME, else of ~/.local/state; log_dir is log/ in it. A
// variable that is not an absolute path does not count, as the XDG specification asks; without a
// home, /tmp/hob-UID stands for it.
DefaultPaths UserPaths(const UserFolders& folders);

// Those of the process: SystemPaths for root, else UserPaths of the environment and the user
// database.
DefaultPaths CurrentPaths();

// The chain without --config: hob.ini, then hob.d/, of CurrentPaths; only what exists.
std::vector<std::string> DefaultConfigPaths();

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_DEFAULT_PATHS_H_
