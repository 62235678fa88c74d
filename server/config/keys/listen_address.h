#ifndef HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_
#define HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hob {

// The longest path of a Unix socket in bytes: sun_path of unix(7) less its NUL.
inline constexpr int kMaxSocketPath = 107;

// Whether the server may listen on `address`: `unix:/ABSOLUTE/PATH` with a path of
// at most kMaxSocketPath bytes, or what CheckLoopbackAddress takes. Sockets of the abstract
// namespace have no permissions and are refused. InvalidArgument says
// what would be right.
absl::Status CheckListenAddress(absl::string_view address);

// Whether `address` is HOST:PORT with `localhost` or a loopback address for HOST (127.0.0.0/8,
// [::1]) and a PORT from 0 to 65535; 0 takes any that is free. InvalidArgument says what would be
// right.
absl::Status CheckLoopbackAddress(absl::string_view address);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_KEYS_LISTEN_ADDRESS_H_
