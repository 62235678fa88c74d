#ifndef HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_
#define HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hob {

// The longest path of a Unix socket in bytes: sun_path of unix(7) without its NUL.
inline constexpr int kMaxSocketPath = 107;

// Checks that the server may listen on `address`: `unix:/ABSOLUTE/PATH` with a path of at most
// kMaxSocketPath bytes, or a loopback address. Refuses sockets of the abstract namespace, which
// have no permissions. InvalidArgument says what would be right.
absl::Status CheckListenAddress(absl::string_view address);

// Checks that `address` is HOST:PORT. HOST is `localhost` or a loopback address (127.0.0.0/8,
// [::1]), PORT is 0 to 65535; 0 stands for any free port. InvalidArgument says what would be right.
absl::Status CheckLoopbackAddress(absl::string_view address);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_
