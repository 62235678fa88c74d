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

// The socket to which one instance of a daemon sends its sd_notify(3) datagrams; NOTIFY_SOCKET of
// the instance. Each instance has one of its own, so that nothing an earlier one sent is taken for
// this one's.
//
// Not thread-safe: belongs to the daemon's worker. Movable.
class NotifySocket {
 public:
  // Binds a socket at `path`, replacing what is there. A failure has the stage "notify".
  static absl::variant<NotifySocket, SpawnFailure> Bind(const std::string& path);

  NotifySocket(NotifySocket&&) = default;
  NotifySocket& operator=(NotifySocket&&) = default;
  // Removes the socket.
  ~NotifySocket();

  int fd() const { return fd_.get(); }

  struct Received {
    // Who sent it, by the kernel's word.
    pid_t sender = 0;
    NotifyMessage message;
  };
  // The next datagram; absent when there is none now. What is empty or longer than 4 KiB is passed
  // over, descriptors that come along are closed. Never blocks.
  absl::optional<Received> Receive();

 private:
  NotifySocket(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_NOTIFY_SOCKET_H_
