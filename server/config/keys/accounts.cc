#include "server/config/keys/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/config/keys/database_lookup.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Parses an id; absent if `text` is none. Refuses leading zeros, which could hide root's id, and
// the largest number, which means "none" to setresuid(2).
absl::optional<uint32_t> ParseId(const std::string& text) {
  uint32_t id;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &id)) return absl::nullopt;
  if (absl::StrCat(id) != text || id == UINT32_MAX) return absl::nullopt;
  return id;
}

UserAccount ToUserAccount(const passwd& entry) {
  return UserAccount{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell};
}

// Returns the account of a number without an entry.
UserAccount AccountWithoutEntry(uid_t uid) {
  UserAccount account;
  account.uid = uid;
  // Not the server's group by default, which may be root's.
  account.gid = uid == geteuid() ? getegid() : uid;
  return account;
}

absl::StatusOr<absl::optional<UserAccount>> AskForUser(const std::string& user) {
  auto found = AskDatabase<passwd, UserAccount>(
      [&](passwd* entry, char* buffer, size_t size, passwd** result) {
        return getpwnam_r(user.c_str(), entry, buffer, size, result);
      },
      ToUserAccount);
  const absl::optional<uint32_t> id = ParseId(user);
  if (!found.ok() || found->has_value() || !id.has_value()) return found;
  found = AskDatabase<passwd, UserAccount>(
      [&](passwd* entry, char* buffer, size_t size, passwd** result) {
        return getpwuid_r(*id, entry, buffer, size, result);
      },
      ToUserAccount);
  if (found.ok() && !found->has_value()) *found = AccountWithoutEntry(*id);
  return found;
}

absl::StatusOr<absl::optional<gid_t>> AskForGroup(const std::string& name) {
  auto found = AskDatabase<group, gid_t>(
      [&](group* entry, char* buffer, size_t size, group** result) {
        return getgrnam_r(name.c_str(), entry, buffer, size, result);
      },
      [](const group& entry) { return entry.gr_gid; });
  // An entry of that number would add nothing.
  if (found.ok() && !found->has_value()) *found = ParseId(name);
  return found;
}

// Returns the answer of a database; an error with a sentence if it is absent. `kind` is "user" or
// "group".
template <typename Value>
absl::StatusOr<Value> Required(absl::StatusOr<absl::optional<Value>> found, absl::string_view kind,
                               absl::string_view name) {
  if (!found.ok()) {
    return absl::UnavailableError(absl::StrCat(
        "the ", kind, " '", Printable(name), "' cannot be looked up: ", found.status().message()));
  }
  if (found->has_value()) return **found;
  return absl::InvalidArgumentError(absl::StrCat("there is no ", kind, " '", Printable(name),
                                                 "' on this machine: create it or name another"));
}

Credentials CredentialsOf(const UserAccount& user) {
  Credentials credentials;
  credentials.uid = user.uid;
  credentials.gid = user.gid;
  credentials.user_name = user.name;
  credentials.home = user.home;
  credentials.shell = user.shell;
  if (user.name.empty() && user.uid != geteuid()) {
    // The server's own USER and HOME would mislead the daemon.
    credentials.user_name = absl::StrCat(user.uid);
    credentials.home = "/";
    credentials.shell = "/bin/sh";
  }
  return credentials;
}

std::vector<gid_t> OwnGroups() {
  std::vector<gid_t> groups(std::max(0, getgroups(0, nullptr)));
  groups.resize(std::max(0, getgroups(static_cast<int>(groups.size()), groups.data())));
  return groups;
}

}  // namespace

absl::StatusOr<UserAccount> Accounts::FindUser(absl::string_view user) {
  const std::string name(user);
  auto found = users_.find(name);
  if (found == users_.end()) {
    found = users_.emplace(name, Required(AskForUser(name), "user", name)).first;
  }
  return found->second;
}

absl::StatusOr<gid_t> Accounts::FindGroup(absl::string_view group) {
  const std::string name(group);
  auto found = groups_.find(name);
  if (found == groups_.end()) {
    found = groups_.emplace(name, Required(AskForGroup(name), "group", name)).first;
  }
  return found->second;
}

const Identity& Accounts::own_identity() {
  if (!own_identity_.has_value()) own_identity_ = Identity::OfThisProcess();
  return *own_identity_;
}

std::vector<gid_t> Accounts::LoginGroups(const UserAccount& user, gid_t gid) {
  if (user.name.empty()) return user.uid == geteuid() ? OwnGroups() : std::vector<gid_t>{gid};
  int count = 64;
  std::vector<gid_t> groups(count);
  while (getgrouplist(user.name.c_str(), gid, groups.data(), &count) < 0) {
    // getgrouplist(3) sets the number of groups; a database that grows meanwhile is asked again.
    groups.resize(std::max<size_t>(count, groups.size() * 2));
    count = static_cast<int>(groups.size());
  }
  groups.resize(count);
  return groups;
}

absl::StatusOr<std::vector<gid_t>> Accounts::SupplementaryGroups(
    const absl::optional<UserAccount>& user, gid_t gid, const std::vector<std::string>& groups) {
  if (groups.empty()) return user.has_value() ? LoginGroups(*user, gid) : OwnGroups();
  std::vector<gid_t> gids;
  for (const std::string& name : groups) {
    const absl::StatusOr<gid_t> found = FindGroup(name);
    if (!found.ok()) return found.status();
    gids.push_back(*found);
  }
  return gids;
}

absl::StatusOr<absl::optional<Credentials>> Accounts::Resolve(
    const std::string& user, const std::string& group, const std::vector<std::string>& groups) {
  if (user.empty() && group.empty() && groups.empty()) {
    return absl::optional<Credentials>();
  }
  Credentials credentials;
  credentials.uid = geteuid();
  credentials.gid = getegid();
  absl::optional<UserAccount> account;
  if (!user.empty()) {
    absl::StatusOr<UserAccount> found = FindUser(user);
    if (!found.ok()) return found.status();
    account = *std::move(found);
    credentials = CredentialsOf(*account);
  }
  if (!group.empty()) {
    const absl::StatusOr<gid_t> found = FindGroup(group);
    if (!found.ok()) return found.status();
    credentials.gid = *found;
  }
  absl::StatusOr<std::vector<gid_t>> gids = SupplementaryGroups(account, credentials.gid, groups);
  if (!gids.ok()) return gids.status();
  std::sort(gids->begin(), gids->end());
  gids->erase(std::unique(gids->begin(), gids->end()), gids->end());
  credentials.groups = *std::move(gids);
  return absl::optional<Credentials>(std::move(credentials));
}

}  // namespace hob
