#ifndef HOB_SERVER_READINESS_NOTIFY_SOCKET_H_
#define HOB_SERVER_READINESS_NOTIFY_SOCKET_H_

#include <sys/types.h>

#include <string>

#include "absl/types/optional.h"
#include "absl/types/variant.h"
#include "server/daemon/exit_report.h"
#include "server/posix/unique_fd.h"
#include "server/readiness/notify_message.h"

namespace hob {

// The socket (NOTIFY_SOCKET) to which one instance of a daemon sends its sd_notify(3) datagrams.
// Each instance has its own, so that datagrams of an earlier one cannot be taken for its own.
//
// Not thread-safe: belongs to the daemon's worker. Movable.
class NotifySocket {
 public:
  // Binds a socket at `path`, replacing any existing file. A failure has the stage "notify".
  static absl::variant<NotifySocket, SpawnFailure> Bind(const std::string& path);

  NotifySocket(NotifySocket&&) = default;
  NotifySocket& operator=(NotifySocket&&) = default;
  // Removes the socket.
  ~NotifySocket();

  int fd() const { return fd_.get(); }

  struct Received {
    // Process that sent it, according to the kernel.
    pid_t sender = 0;
    NotifyMessage message;
  };
  // Returns the next datagram; absent if there is none now. Skips datagrams that are empty or
  // longer than 4 KiB, and closes descriptors passed along. Never blocks.
  absl::optional<Received> Receive();

 private:
  NotifySocket(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_NOTIFY_SOCKET_H_
