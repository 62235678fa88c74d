#include "server/daemon/identity.h"

#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hob {
namespace {

// Larger than any real entry of passwd(5); a user with a larger one is named by its number.
constexpr size_t kLargestEntry = 1 << 16;

std::string NameOf(uid_t uid) {
  if (uid == 0) return "root";
  std::vector<char> buffer(kLargestEntry);
  passwd entry;
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return absl::StrCat("uid ", uid);
  }
  return absl::StrCat(found->pw_name, " (uid ", uid, ")");
}

std::set<gid_t> OwnGroups() {
  std::vector<gid_t> groups(std::max(0, getgroups(0, nullptr)));
  groups.resize(std::max(0, getgroups(static_cast<int>(groups.size()), groups.data())));
  return {groups.begin(), groups.end()};
}

uint64_t OwnCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].effective | uint64_t{data[1].effective} << 32;
}

// True if the supplementary groups are as wanted, ignoring the primary group.
bool HasGroups(std::set<gid_t> groups, const Credentials& wanted) {
  std::set<gid_t> wanted_groups(wanted.groups.begin(), wanted.groups.end());
  groups.erase(wanted.gid);
  wanted_groups.erase(wanted.gid);
  return groups == wanted_groups;
}

}  // namespace

Identity Identity::OfThisProcess() {
  uid_t uid[3];
  gid_t gid[3];
  getresuid(&uid[0], &uid[1], &uid[2]);
  getresgid(&gid[0], &gid[1], &gid[2]);
  return {{uid, uid + 3}, {gid, gid + 3}, OwnGroups(), OwnCapabilities(), NameOf(uid[1])};
}

bool Identity::Is(const Credentials& wanted) const {
  return uids == std::set<uid_t>{wanted.uid} && gids == std::set<gid_t>{wanted.gid} &&
         HasGroups(groups, wanted);
}

std::string Identity::WhyNot(const Credentials& wanted) const {
  const auto has = [this](int capability) { return (capabilities >> capability & 1) != 0; };
  std::vector<std::string> missing;
  if (uids.count(wanted.uid) == 0 && !has(CAP_SETUID)) missing.push_back("CAP_SETUID");
  const bool keeps_groups = gids.count(wanted.gid) != 0 && HasGroups(groups, wanted);
  if (!keeps_groups && !has(CAP_SETGID)) missing.push_back("CAP_SETGID");
  if (missing.empty()) return "";
  const std::string lacks = absl::StrCat("a server that runs as ", name, " and lacks ",
                                         absl::StrJoin(missing, " and "), " cannot change to ");
  const std::string to =
      wanted.user_name.empty() ? absl::StrCat("uid ", wanted.uid) : wanted.user_name;
  const bool is_root = name == "root";
  return absl::StrCat(lacks, to, ", gid ", wanted.gid, " and groups ",
                      absl::StrJoin(wanted.groups, ","), ": ",
                      is_root ? "give it back what it lacks (CapabilityBoundingSet= of its unit, "
                                "--cap-add of its container)"
                              : "run hobd as root, or remove user, group and groups");
}

}  // namespace hob
