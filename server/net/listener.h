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

// Accepts connections and passes on each one as a descriptor once its caller has sent something
// (SilentConnections). Replaces gRPC's accept loop, which goes deaf forever after one failed
// accept, silently takes over a live server's socket, and does not identify callers.
//
// Rebinds a Unix socket whose file was removed: after restore_delay, and whenever Restore is
// called.
//
// Order of calls: Open for each address, Serve once. Not thread-safe before Serve; afterwards only
// Restore may be called.
class Listener {
 public:
  struct Options {
    // Mode and group of Unix sockets.
    mode_t socket_mode = 0660;
    absl::optional<gid_t> socket_group;
    // Time from the removal of a socket's file to its return, so that a cleanup that also removes
    // the directory has finished.
    absl::Duration restore_delay = absl::Seconds(1);
  };

  // `journal` outlives the listener.
  Listener(const Options& options, Journal& journal);
  // Stops accepting and removes its Unix sockets, except where another socket has replaced one.
  ~Listener();

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds "unix:/PATH" or "HOST:PORT" and listens. Replaces a Unix socket without a server behind
  // it; AlreadyExists if a server answers there. Any other failure is FailedPrecondition with the
  // reason and the remedy.
  absl::Status Open(const std::string& address);

  // Takes ownership of a readable connection; called on the listener's thread.
  using Handler = std::function<void(UniqueFd connection)>;

  // Starts accepting on a thread, and passes the connections to `handler`.
  void Serve(Handler handler);

  // Makes the thread check whether each Unix socket is still at its path, and rebind missing ones.
  // Thread-safe; returns at once.
  void Restore();

  // Returns the addresses, with the real port instead of port 0.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Returns the number of connections rejected for lack of descriptors.
  int64_t shed() const { return shed_; }

 private:
  struct Socket {
    UniqueFd fd;
    bool is_unix = false;
    // For a Unix socket: its path, and the device and inode of its file.
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };

  // Returns a socket listening at `path`.
  absl::StatusOr<Socket> BindUnix(const std::string& path);
  absl::Status OpenTcp(const std::string& address);
  void Loop();
  // Returns the timeout for poll(2).
  int PollTimeout() const;
  // Called when a socket's file was touched; schedules a check.
  void NoteFileEvents();
  // True if the file at the socket's path is this socket.
  static bool IsAtItsPath(const Socket& socket);
  // Asks the kernel to report removal or renaming of the socket's file (inotify(7)).
  void WatchPathOf(const Socket& socket);
  void RestoreNow();
  void Accept(const Socket& socket);
  // Rejects one caller, using the spare descriptor.
  void Shed(const Socket& socket);

  const Options options_;
  Journal& journal_;
  std::vector<Socket> sockets_;
  SilentConnections silent_;
  std::vector<std::string> addresses_;
  Handler handler_;
  // Readable if the thread has more to do than accept.
  UniqueFd wake_;
  std::atomic<bool> restore_requested_ = false;
  // Reports events on the files of Unix sockets. Not ok() if the kernel grants no inotify instance.
  UniqueFd file_events_;
  // When RestoreNow is due.
  MonotonicTime restore_at_ = MonotonicTime::InfiniteFuture();
  UniqueFd spare_;
  std::atomic<int64_t> shed_ = 0;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_NET_LISTENER_H_
