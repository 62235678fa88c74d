#include "client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hob {
namespace client {
namespace {

constexpr timeval kConnectTimeout = {5, 0};

// A connected socket, or the reason for the failure.
struct Attempt {
  int descriptor = -1;
  // errno(3); 0 if the host has no address.
  int error = 0;
  std::string message;
};

Attempt Failed(int error) { return Attempt{-1, error, strerror(error)}; }

Attempt ConnectTo(int family, const sockaddr* address, socklen_t length) {
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Failed(errno);
  // Bounds connect, which otherwise blocks on a frozen server with a full backlog (socket(7)).
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kConnectTimeout, sizeof(kConnectTimeout));
  if (connect(descriptor, address, length) != 0) {
    const int error = errno;
    close(descriptor);
    return Failed(error == EAGAIN || error == EINPROGRESS ? ETIMEDOUT : error);
  }
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return Attempt{descriptor, 0, ""};
}

Attempt ConnectUnix(const Address& address) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  memcpy(name.sun_path, address.path.data(), address.path.size());
  return ConnectTo(AF_UNIX, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
}

Attempt ConnectTcp(const Address& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (result != 0) return Attempt{-1, 0, gai_strerror(result)};
  Attempt attempt;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    attempt = ConnectTo(info->ai_family, info->ai_addr, info->ai_addrlen);
    if (attempt.descriptor >= 0) break;
  }
  freeaddrinfo(found);
  return attempt;
}

bool IsMissing(int error) { return error == ENOENT || error == ENOTDIR; }

std::string Advice(int error) {
  if (IsMissing(error)) {
    return "is hobd running? Start it, or name its address with --address or HOB_ADDRESS";
  }
  switch (error) {
    case ECONNREFUSED:
      return "nothing listens there; is hobd running?";
    case EACCES:
    case EPERM:
      return "you may not use this socket; use an account that may (sudo, or the socket's group)";
    case ETIMEDOUT:
      return "it accepts no connections; is hobd frozen?";
    default:
      return "name the server's address with --address or HOB_ADDRESS";
  }
}

}  // namespace

absl::StatusOr<Connection> Connect(const std::vector<Address>& addresses) {
  std::vector<std::string> failures;
  Attempt attempt;
  for (const Address& address : addresses) {
    attempt = address.path.empty() ? ConnectTcp(address) : ConnectUnix(address);
    if (attempt.descriptor >= 0) return Connection{address.ToString(), attempt.descriptor};
    failures.push_back(absl::StrCat(address.ToString(), " (", attempt.message, ")"));
    if (!IsMissing(attempt.error)) break;
  }
  const bool forbidden = attempt.error == EACCES || attempt.error == EPERM;
  return absl::Status(
      forbidden ? absl::StatusCode::kPermissionDenied : absl::StatusCode::kUnavailable,
      absl::StrCat("cannot reach the server at ", absl::StrJoin(failures, " or "), ": ",
                   Advice(attempt.error)));
}

}  // namespace client
}  // namespace hob
