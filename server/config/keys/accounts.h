#ifndef HOB_SERVER_CONFIG_KEYS_ACCOUNTS_H_
#define HOB_SERVER_CONFIG_KEYS_ACCOUNTS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/daemon_spec.h"
#include "server/daemon/identity.h"

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
// A number needs no entry in the database: in a container few have one. InvalidArgument for a name
// without an entry, and for a text that is not quite a number: no slip makes a daemon root.
// Unavailable when the database cannot be read.
class Accounts {
 public:
  // A number without an entry has an account without a name, a home and a shell. Its group is the
  // one of the same number, or this process's own where the number is its own user's.
  absl::StatusOr<UserAccount> FindUser(absl::string_view user);
  absl::StatusOr<gid_t> FindGroup(absl::string_view group);

  // The identity of this process, looked up at the first call.
  const Identity& own_identity();

  // The groups of a user's login: `gid` and those that list him.
  static std::vector<gid_t> LoginGroups(const UserAccount& user, gid_t gid);

  // The credentials of a daemon with these settings; absent when all three are empty, which means
  // not configured. Without a `user`: the server's own ids. Without a `group`: the user's primary
  // one. Without `groups`: the user's login groups, or without a user, and for the server's own
  // number without an entry, the server's own. The supplementary groups are sorted, each once.
  // Another number without an entry is its own user name, at home in /.
  absl::StatusOr<absl::optional<DaemonSpec::Credentials>> Resolve(
      const std::string& user, const std::string& group, const std::vector<std::string>& groups);

 private:
  absl::StatusOr<std::vector<gid_t>> SupplementaryGroups(const absl::optional<UserAccount>& user,
                                                         gid_t gid,
                                                         const std::vector<std::string>& groups);

  std::map<std::string, absl::StatusOr<UserAccount>> users_;
  std::map<std::string, absl::StatusOr<gid_t>> groups_;
  absl::optional<Identity> own_identity_;
};

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_ACCOUNTS_H_
