// Holds the attributes of a daemon's main process that the kernel keeps: its user, its directory
// and its limits.
#ifndef HOB_SERVER_DAEMON_PROCESS_ATTRIBUTES_H_
#define HOB_SERVER_DAEMON_PROCESS_ATTRIBUTES_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"

namespace hob {

// A soft and a hard resource limit, setrlimit(2). RLIM_INFINITY is unlimited.
struct ResourceLimit {
  uint64_t soft = 0;
  uint64_t hard = 0;

  bool operator==(const ResourceLimit& other) const {
    return soft == other.soft && hard == other.hard;
  }
};

// Limits by resource, RLIMIT_*. A resource without an entry keeps the server's limit.
using ResourceLimits = std::map<int, ResourceLimit>;

// A limit that a daemon may set.
struct LimitKey {
  // The key of the configuration; also the stage of a SpawnFailure.
  const char* name;
  // RLIMIT_*.
  int resource;
  // Help text for users, with the unit and the choices.
  const char* help;
};

// All supported limits, in the order in which a child sets them.
inline constexpr LimitKey kLimitKeys[] = {
    {"limit_nofile", RLIMIT_NOFILE,
     "Limit of open descriptors (RLIMIT_NOFILE): N, SOFT:HARD or unlimited. Not set: the server's "
     "at its start."},
    {"limit_core", RLIMIT_CORE,
     "Limit of the size of a core file in bytes (RLIMIT_CORE): N, SOFT:HARD or unlimited. Not set: "
     "the server's."},
    {"limit_nproc", RLIMIT_NPROC,
     "Limit of the number of processes of the daemon's user (RLIMIT_NPROC): N, SOFT:HARD or "
     "unlimited. Not set: the server's."},
    {"limit_memlock", RLIMIT_MEMLOCK,
     "Limit of locked memory in bytes (RLIMIT_MEMLOCK): N, SOFT:HARD or unlimited. Not set: the "
     "server's."},
};

// Returns the limit of a resource, RLIMIT_*; null if `limits` has none.
inline const ResourceLimit* FindLimit(const ResourceLimits& limits, int resource) {
  const auto found = limits.find(resource);
  return found == limits.end() ? nullptr : &found->second;
}

// The ids of a process, and the account from which they come.
struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  // Exactly the supplementary groups of the process.
  std::vector<gid_t> groups;
  // From the passwd entry; they become HOME, USER, LOGNAME and SHELL of the child.
  std::string user_name;
  std::string home;
  std::string shell;

  bool operator==(const Credentials& o) const {
    return uid == o.uid && gid == o.gid && groups == o.groups && user_name == o.user_name &&
           home == o.home && shell == o.shell;
  }
};

// A plain value, copied as a whole from the settings of a daemon to the request for its process. If
// a field is absent or null, the child keeps the server's attribute.
struct ProcessAttributes {
  // Working directory, absolute.
  std::string directory = "/";
  mode_t umask = 022;
  std::shared_ptr<const Credentials> credentials;
  absl::optional<int> nice;
  absl::optional<int> oom_score_adj;
  // Only resources of `kLimitKeys`.
  ResourceLimits limits;
  absl::optional<bool> no_new_privileges;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_PROCESS_ATTRIBUTES_H_
