#ifndef HOB_SERVER_RPC_LISTENER_H_
#define HOB_SERVER_RPC_LISTENER_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/journal/journal.h"
#include "server/process/unique_fd.h"

namespace hob {

// Our own accept loop: gRPC's goes deaf for ever after one failed accept, takes a live server's
// socket away without a word, and does not tell who called (RELIABILITY F70, F81, findings 1 and
// 5). Connections are handed on as descriptors.
//
// Order of calls: Open for each address, Serve once. Not thread-safe before Serve; nothing is
// called after it.
class Listener {
 public:
  struct Options {
    // Of Unix sockets.
    mode_t socket_mode = 0660;
    absl::optional<gid_t> socket_group;
  };

  // `journal` outlives the listener.
  Listener(const Options& options, Journal& journal);
  // Stops accepting and removes its Unix sockets, unless somebody else has put another one there.
  ~Listener();

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds "unix:/PATH" or "HOST:PORT" and listens. A Unix socket on which nobody answers is
  // replaced; one on which somebody does is left alone: AlreadyExists. Any other failure:
  // FailedPrecondition, with the reason and what to do.
  absl::Status Open(const std::string& address);

  // Takes a connection over; called on the listener's thread.
  using Handler = std::function<void(UniqueFd connection)>;

  // Starts the thread that accepts. Connections of Unix sockets go to one handler, those of TCP to
  // the other.
  void Serve(Handler on_unix, Handler on_tcp);

  // Where it listens, with the real port instead of port 0.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Connections that were turned away because descriptors had run out.
  int64_t shed() const { return shed_; }

 private:
  struct Socket {
    UniqueFd fd;
    bool is_unix = false;
    // Of a Unix socket: its path, and the file that is ours.
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };

  absl::Status OpenUnix(const std::string& path);
  absl::Status OpenTcp(const std::string& address);
  void Loop();
  void Accept(const Socket& socket);
  // Turns one caller away with the descriptor that is kept for that.
  void Shed(const Socket& socket);

  const Options options_;
  Journal& journal_;
  std::vector<Socket> sockets_;
  std::vector<std::string> addresses_;
  Handler on_unix_;
  Handler on_tcp_;
  // Readable when the thread is to end.
  UniqueFd ending_;
  UniqueFd spare_;
  std::atomic<int64_t> shed_ = 0;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_RPC_LISTENER_H_
