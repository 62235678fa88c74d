#ifndef HOB_SERVER_DAEMON_IDENTITY_H_
#define HOB_SERVER_DAEMON_IDENTITY_H_

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "server/daemon/process_attributes.h"

namespace hob {

// The ids of a process and its right to change them, credentials(7) and capabilities(7).
struct Identity {
  // Real, effective and saved; a single value if they are equal.
  std::set<uid_t> uids;
  std::set<gid_t> gids;
  // Supplementary groups.
  std::set<gid_t> groups;
  // The effective capabilities: bit N is capability number N.
  uint64_t capabilities = 0;
  // "root", "joe (uid 1000)" or "uid 1000": the effective user, for messages.
  std::string name;

  // Returns the identity of this process. Looks up its user, which may block. Never fails: a user
  // that is not found is named by its number.
  static Identity OfThisProcess();

  // True if taking on `wanted` would change nothing for a process of this identity. Ignores a
  // supplementary group that is also the primary one, because it grants no further right.
  bool Is(const Credentials& wanted) const;

  // Returns the reason why a process of this identity cannot take on `wanted`, with the missing
  // capabilities and advice; empty if it can.
  std::string WhyNot(const Credentials& wanted) const;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_IDENTITY_H_
