// Finds the server's address: the flag, HOB_ADDRESS, the user's socket, or the system's.
#ifndef HOB_CLIENT_ADDRESS_H_
#define HOB_CLIENT_ADDRESS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace hob {
namespace client {

// A checked address: a Unix socket or a TCP port.
struct Address {
  // The path of the Unix socket, absolute; empty for TCP.
  std::string path;
  // Host and port of TCP; an IPv6 host without its brackets. Empty for a Unix socket.
  std::string host;
  std::string port;

  // As the user writes it: "unix:/run/hob/hob.sock", "127.0.0.1:7000", "[::1]:7000".
  std::string ToString() const;
};

// Parses "unix:/ABSOLUTE/PATH" or "HOST:PORT". InvalidArgument that shows the right form.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

// Returns the addresses to try, in this order. `flag`, or else the variable HOB_ADDRESS, is the
// only address. Without either, the user's socket ($XDG_RUNTIME_DIR/hob/hob.sock, if that variable
// is an absolute path) comes before the system's (/run/hob/hob.sock). InvalidArgument for a
// malformed address, naming its source. An empty variable counts as absent.
absl::StatusOr<std::vector<Address>> AddressesToTry(
    const absl::optional<std::string>& flag,
    const std::function<absl::optional<std::string>(const std::string& name)>& variable);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_ADDRESS_H_
