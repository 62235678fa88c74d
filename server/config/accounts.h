#ifndef HOB_SERVER_CONFIG_ACCOUNTS_H_
#define HOB_SERVER_CONFIG_ACCOUNTS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// Of the passwd database, passwd(5).
struct UserAccount {
  std::string name;
  uid_t uid = 0;
  // The primary group.
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

// Looks up users and groups by name, or by number where no name is like it. Remembers what it
// found, so that many daemons of one user ask once. Blocks on the databases. Not thread-safe.
//
// InvalidArgument when there is none in the database, a number included: nobody becomes root by a
// slip (RELIABILITY F14, section 5 row 17). Unavailable when the database cannot be read.
class Accounts {
 public:
  absl::StatusOr<UserAccount> FindUser(absl::string_view user);
  absl::StatusOr<gid_t> FindGroup(absl::string_view group);

  // The groups of a user's login: `gid` and those that list him.
  static std::vector<gid_t> LoginGroups(const UserAccount& user, gid_t gid);

  // The credentials of a daemon with these settings; absent when all three are empty, which means
  // not configured. Without a `user`: the server's own ids. Without a `group`: the user's primary
  // one. Without `groups`: the user's login groups, or without a user the server's own. The
  // supplementary groups are sorted, each once.
  absl::StatusOr<absl::optional<DaemonSpec::Credentials>> Resolve(
      const std::string& user, const std::string& group, const std::vector<std::string>& groups);

 private:
  absl::StatusOr<std::vector<gid_t>> SupplementaryGroups(const absl::optional<UserAccount>& user,
                                                         gid_t gid,
                                                         const std::vector<std::string>& groups);

  std::map<std::string, absl::StatusOr<UserAccount>> users_;
  std::map<std::string, absl::StatusOr<gid_t>> groups_;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_ACCOUNTS_H_
