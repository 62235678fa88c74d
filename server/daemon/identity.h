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
  // Real, effective and saved: one value where they are the same.
  std::set<uid_t> uids;
  std::set<gid_t> gids;
  // Supplementary groups.
  std::set<gid_t> groups;
  // The effective capabilities: bit N is capability number N.
  uint64_t capabilities = 0;
  // "root", "joe (uid 1000)" or "uid 1000": the effective user, for messages.
  std::string name;

  // Returns the identity of this process. Looks its user up and may block on that; never fails: a
  // user that is not found has a number only.
  static Identity OfThisProcess();

  // True if a process of this identity that takes on `wanted` stays what it is. A supplementary
  // group that is the primary one too gives no right, so that it makes no difference.
  bool Is(const Credentials& wanted) const;

  // Returns why a process of this identity cannot take on `wanted`, with the capabilities that it
  // lacks and advice; empty where it has them all.
  std::string WhyNot(const Credentials& wanted) const;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_IDENTITY_H_
