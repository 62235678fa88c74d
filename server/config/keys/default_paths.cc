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

std::string RunUserFolder(uid_t uid) { return absl::StrCat("/run/user/", uid); }

std::string HomeOf(uid_t uid) {
  Accounts accounts;
  const auto account = accounts.FindUser(absl::StrCat(uid));
  return account.ok() ? account->home : "";
}

}  // namespace

DefaultPaths SystemPaths() { return {"/etc/hob", "/run/hob", "/var/log/hob", "/var/lib/hob"}; }

DefaultPaths UserPaths(const UserFolders& folders) {
  const std::string own = absl::StrCat("/tmp/hob-", folders.uid);
  const std::string home = FirstAbsolute(folders.home, own);
  const std::string run =
      folders.has_run_user ? absl::StrCat(RunUserFolder(folders.uid), "/hob") : own;
  const std::string state = FirstAbsolute(folders.xdg_state_home, home + "/.local/state");
  DefaultPaths paths;
  paths.config_dir = FirstAbsolute(folders.xdg_config_home, home + "/.config") + "/hob";
  paths.run_dir =
      FirstAbsolute(folders.xdg_runtime_dir, "").empty() ? run : folders.xdg_runtime_dir + "/hob";
  paths.state_dir = state + "/hob";
  paths.log_dir = paths.state_dir + "/log";
  return paths;
}

DefaultPaths CurrentPaths() {
  UserFolders folders;
  folders.uid = geteuid();
  if (folders.uid == 0) return SystemPaths();
  folders.home = Variable("HOME");
  if (folders.home.empty()) folders.home = HomeOf(folders.uid);
  folders.xdg_config_home = Variable("XDG_CONFIG_HOME");
  folders.xdg_runtime_dir = Variable("XDG_RUNTIME_DIR");
  folders.xdg_state_home = Variable("XDG_STATE_HOME");
  folders.has_run_user = Exists(RunUserFolder(folders.uid));
  return UserPaths(folders);
}

std::vector<std::string> DefaultConfigPaths() {
  const std::string folder = CurrentPaths().config_dir;
  std::vector<std::string> paths;
  for (const char* name : {"/hob.ini", "/hob.d"}) {
    if (Exists(folder + name)) paths.push_back(folder + name);
  }
  return paths;
}

}  // namespace hob
