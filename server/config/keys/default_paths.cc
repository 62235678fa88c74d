#include "server/config/keys/default_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/keys/accounts.h"

namespace hob {
namespace {

// Returns `wished` if it is an absolute path, else `fallback`.
std::string FirstAbsolute(const std::string& wished, const std::string& fallback) {
  return absl::StartsWith(wished, "/") ? wished : fallback;
}

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

bool Exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

std::string RunUserDirectory(uid_t uid) { return absl::StrCat("/run/user/", uid); }

std::string HomeOf(uid_t uid) {
  Accounts accounts;
  const auto account = accounts.FindUser(absl::StrCat(uid));
  return account.ok() ? account->home : "";
}

}  // namespace

DefaultPaths SystemPaths() { return {"/etc/hob", "/run/hob", "/var/log/hob", "/var/lib/hob"}; }

DefaultPaths UserPaths(const UserDirectories& directories) {
  const std::string own = absl::StrCat("/tmp/hob-", directories.uid);
  const std::string home = FirstAbsolute(directories.home, own);
  const std::string run =
      directories.has_run_user ? absl::StrCat(RunUserDirectory(directories.uid), "/hob") : own;
  const std::string state = FirstAbsolute(directories.xdg_state_home, home + "/.local/state");
  DefaultPaths paths;
  paths.config_dir = FirstAbsolute(directories.xdg_config_home, home + "/.config") + "/hob";
  paths.run_dir = FirstAbsolute(directories.xdg_runtime_dir, "").empty()
                      ? run
                      : directories.xdg_runtime_dir + "/hob";
  paths.state_dir = state + "/hob";
  paths.log_dir = paths.state_dir + "/log";
  return paths;
}

DefaultPaths CurrentPaths() {
  UserDirectories directories;
  directories.uid = geteuid();
  if (directories.uid == 0) return SystemPaths();
  directories.home = Variable("HOME");
  if (directories.home.empty()) directories.home = HomeOf(directories.uid);
  directories.xdg_config_home = Variable("XDG_CONFIG_HOME");
  directories.xdg_runtime_dir = Variable("XDG_RUNTIME_DIR");
  directories.xdg_state_home = Variable("XDG_STATE_HOME");
  directories.has_run_user = Exists(RunUserDirectory(directories.uid));
  return UserPaths(directories);
}

std::vector<std::string> DefaultConfigPaths() {
  const std::string directory = CurrentPaths().config_dir;
  std::vector<std::string> paths;
  for (const char* name : {"/hob.ini", "/hob.d"}) {
    if (Exists(directory + name)) paths.push_back(directory + name);
  }
  return paths;
}

}  // namespace hob
