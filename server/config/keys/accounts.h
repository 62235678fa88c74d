#ifndef HOB_SERVER_CONFIG_KEYS_ACCOUNTS_H_
#define HOB_SERVER_CONFIG_KEYS_ACCOUNTS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/daemon/identity.h"
#include "server/daemon/process_attributes.h"

namespace hob {

// A user of the passwd(5) database.
struct UserAccount {
  std::string name;
  uid_t uid = 0;
  // The primary group.
  gid_t gid = 0;
  std::string home;
  std::string shell;
};

// Looks up users and groups by name, or by number if no name matches. Caches the answers, so that
// many daemons of one user cost one look-up. Blocks on the databases. Not thread-safe.
//
// A number needs no entry in the database: few have one in a container. InvalidArgument for a name
// without an entry and for a malformed number, which must not make a daemon root. Unavailable if
// the database cannot be read.
class Accounts {
 public:
  // Returns the account of a user. A number without an entry has no name, home or shell. Its group
  // has the same number, or is that of this process if the number is that of its user.
  absl::StatusOr<UserAccount> FindUser(absl::string_view user);
  // Returns the number of a group.
  absl::StatusOr<gid_t> FindGroup(absl::string_view group);

  // Returns the identity of this process, looked up at the first call.
  const Identity& own_identity();

  // Returns the groups of a user after login: `gid` and those that list the user.
  static std::vector<gid_t> LoginGroups(const UserAccount& user, gid_t gid);

  // Returns the credentials of a daemon with these settings; absent if all three are empty, that
  // is, not configured. An empty `user` stands for the user of the server, an empty `group` for the
  // primary group of the user. Empty `groups` stand for the login groups of the user; without a
  // user, and for the server's own number without an entry, for those of the server. The
  // supplementary groups are sorted and unique. Any other number without an entry is its own user
  // name and has the home /.
  absl::StatusOr<absl::optional<Credentials>> Resolve(const std::string& user,
                                                      const std::string& group,
                                                      const std::vector<std::string>& groups);

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
