#include "server/service_manager.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

#include "absl/strings/string_view.h"
#include "server/posix/unique_fd.h"

namespace hob {

void NotifyServiceManager(const std::string& assignments) {
  const char* variable = getenv("NOTIFY_SOCKET");
  if (variable == nullptr) return;
  const absl::string_view path = variable;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof(address.sun_path)) return;
  memcpy(address.sun_path, path.data(), path.size());
  // "@name" is a socket in the abstract namespace, whose first byte is NUL.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return;
  sendto(fd.get(), assignments.data(), assignments.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<sockaddr*>(&address), offsetof(sockaddr_un, sun_path) + path.size());
}

}  // namespace hob
