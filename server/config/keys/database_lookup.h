#ifndef HOB_SERVER_CONFIG_KEYS_DATABASE_LOOKUP_H_
#define HOB_SERVER_CONFIG_KEYS_DATABASE_LOOKUP_H_

#include <string.h>

#include <cerrno>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"

namespace hob {

// The largest entry of passwd(5) or group(5) that is read; the databases themselves have no limit.
inline constexpr size_t kLargestDatabaseEntry = 16 << 20;

// Looks up an entry in a database of the C library. `lookup` is getpwnam_r(3) or its like without
// the first argument and returns 0 or an errno(3); `convert` makes a Value of the Entry. Absent if
// there is no entry; Unavailable, with the text of the errno, if the database cannot be read.
template <typename Entry, typename Value, typename Lookup, typename Convert>
absl::StatusOr<absl::optional<Value>> AskDatabase(Lookup lookup, Convert convert) {
  std::vector<char> buffer(1024);
  for (;;) {
    Entry entry;
    Entry* found = nullptr;
    const int error = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return absl::optional<Value>(convert(*found));
    // getpwnam(3) allows these besides 0 for "not found".
    const bool none = error == 0 || error == ENOENT || error == ESRCH;
    if (none) return absl::optional<Value>();
    if (error == ERANGE && buffer.size() < kLargestDatabaseEntry) {
      buffer.resize(buffer.size() * 2);
    } else if (error != EINTR) {
      return absl::UnavailableError(strerrordesc_np(error));
    }
  }
}

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_DATABASE_LOOKUP_H_
