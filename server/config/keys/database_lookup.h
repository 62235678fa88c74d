#ifndef HOB_SERVER_CONFIG_KEYS_DATABASE_LOOKUP_H_
#define HOB_SERVER_CONFIG_KEYS_DATABASE_LOOKUP_H_

#include <string.h>

#include <cerrno>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"

namespace hob {

// An entry of passwd(5) or group(5) has no limit; what is larger than this is no honest one.
inline constexpr size_t kLargestDatabaseEntry = 16 << 20;

// Asks a database of the C library: `lookup` is like getpwnam_r(3) less its first argument, and
// returns 0 or an errno(3); `convert` makes a Value of the Entry that it finds. Absent when there
// is none; Unavailable, with the text of the errno, when the database cannot be read.
template <typename Entry, typename Value, typename Lookup, typename Convert>
absl::StatusOr<absl::optional<Value>> AskDatabase(Lookup lookup, Convert convert) {
  std::vector<char> buffer(1024);
  for (;;) {
    Entry entry;
    Entry* found = nullptr;
    const int error = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return absl::optional<Value>(convert(*found));
    // getpwnam(3) lists these, beside 0, for "there is none".
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
