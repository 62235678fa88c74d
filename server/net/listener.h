#ifndef HOB_SERVER_NET_LISTENER_H_
#define HOB_SERVER_NET_LISTENER_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/journal/journal.h"
#include "server/net/silent_connections.h"
#include "server/posix/unique_fd.h"
#include "server/sync/background_thread.h"

namespace hob {

// Accepts connections and hands them on as descriptors, each when its caller has sent something
// (SilentConnections). Takes the place of gRPC's own accept loop, which goes deaf for ever after
// one failed accept, takes a live server's socket away without a word, and does not tell who
// called.
//
// A Unix socket whose file somebody removes is bound anew: by itself after restore_delay, and
// whenever Restore is called.
//
// Order of calls: Open for each address, Serve once. Not thread-safe before Serve; only Restore is
// called after it.
class Listener {
 public:
  struct Options {
    // Of Unix sockets.
    mode_t socket_mode = 0660;
    absl::optional<gid_t> socket_group;
    // Time between the removal of a socket's file and its return: a cleaner that removes the
    // folder as well is done by then.
    absl::Duration restore_delay = absl::Seconds(1);
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

  // Takes over a connection that can be read; called on the listener's thread.
  using Handler = std::function<void(UniqueFd connection)>;

  // Starts the thread that accepts. Connections of Unix sockets go to one handler, those of TCP to
  // the other.
  void Serve(Handler on_unix, Handler on_tcp);

  // Has the thread look whether each Unix socket is still at its path, and bind those anew that are
  // not. Thread-safe; returns at once.
  void Restore();

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

  // Returns a socket that listens at `path`.
  absl::StatusOr<Socket> BindUnix(const std::string& path);
  absl::Status OpenTcp(const std::string& address);
  void Loop();
  // Returns how long the thread may wait, for poll(2).
  int PollTimeout() const;
  // Something happened to the file of a socket: plans a look.
  void NoteFileEvents();
  // True if the file at the socket's path is this socket.
  static bool IsAtItsPath(const Socket& socket);
  // Has the kernel tell when the socket's file is removed or renamed (inotify(7)).
  void WatchPathOf(const Socket& socket);
  void RestoreNow();
  void Accept(const Socket& socket);
  // Turns one caller away with the descriptor that is kept for that.
  void Shed(const Socket& socket);

  const Options options_;
  Journal& journal_;
  std::vector<Socket> sockets_;
  SilentConnections silent_;
  std::vector<std::string> addresses_;
  Handler on_unix_;
  Handler on_tcp_;
  // Readable when the thread has something to do besides accepting.
  UniqueFd wake_;
  std::atomic<bool> restore_asked_ = false;
  // Tells what happens to the files of Unix sockets. Not ok() where the kernel grants none.
  UniqueFd file_events_;
  // When RestoreNow is due.
  MonotonicTime restore_at_ = MonotonicTime::InfiniteFuture();
  UniqueFd spare_;
  std::atomic<int64_t> shed_ = 0;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_LISTENER_H_
