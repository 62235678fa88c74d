#include "server/readiness/notify_socket.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/posix/directories.h"

namespace hob {
namespace {

constexpr size_t kMaxDatagram = 4096;
// Limit on useless datagrams read per wake-up; the next wake-up continues.
constexpr int kMaxSkipped = 64;
// The daemon may run as any user; senders are authenticated by pid.
constexpr mode_t kSocketMode = 0666;
constexpr mode_t kDirectoryMode = 0755;

// Recreates the directory of `path`, which may have been cleaned up with run_dir. On failure,
// returns false and sets errno(3).
bool MakeDirectoryOf(const std::string& path) {
  errno = MakeDirectories(path.substr(0, path.rfind('/')), kDirectoryMode, kDirectoryMode).error;
  return errno == 0;
}

SpawnFailure Failure(const std::string& path, int error) {
  return {"notify", error, absl::StrCat(path, ": ", strerror(error))};
}

}  // namespace

absl::variant<NotifySocket, SpawnFailure> NotifySocket::Bind(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return Failure(path, ENAMETOOLONG);
  memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.ok()) return Failure(path, errno);
  const int on = 1;
  const auto rebind = [&] {
    unlink(path.c_str());
    return bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  };
  if (setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
      (!rebind() && (errno != ENOENT || !MakeDirectoryOf(path) || !rebind())) ||
      chmod(path.c_str(), kSocketMode) != 0) {
    return Failure(path, errno);
  }
  return NotifySocket(path, std::move(fd));
}

NotifySocket::~NotifySocket() {
  if (fd_.ok()) unlink(path_.c_str());
}

absl::optional<NotifySocket::Received> NotifySocket::Receive() {
  for (int skipped = 0; skipped < kMaxSkipped; ++skipped) {
    char text[kMaxDatagram];
    iovec buffer = {text, sizeof(text)};
    // Has room for the sender only: the kernel closes descriptors that do not fit.
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    msghdr header = {};
    header.msg_iov = &buffer;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    const ssize_t length = recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0) return absl::nullopt;
    const cmsghdr* first = CMSG_FIRSTHDR(&header);
    if (length == 0 || (header.msg_flags & MSG_TRUNC) != 0 || first == nullptr ||
        first->cmsg_level != SOL_SOCKET || first->cmsg_type != SCM_CREDENTIALS) {
      continue;
    }
    ucred sender;
    memcpy(&sender, CMSG_DATA(first), sizeof(sender));
    return Received{sender.pid, ParseNotifyMessage(absl::string_view(text, length))};
  }
  return absl::nullopt;
}

}  // namespace hob
