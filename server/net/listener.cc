#include "server/net/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/posix/directories.h"

namespace hob {
namespace {

constexpr int kBacklog = 1024;
// Pause of the loop after a failure that is not caused by one caller.
constexpr int kPauseMilliseconds = 100;
// Mode of a recreated directory of a Unix socket.
constexpr mode_t kDirectoryMode = 0755;

absl::Status Failure(const std::string& address, absl::string_view step, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot listen on ", address, ": ", step, ": ", strerror(error)));
}

bool FillAddress(const std::string& path, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  memcpy(address.sun_path, path.data(), path.size());
  return true;
}

int ConnectTo(const std::string& path) {
  sockaddr_un address;
  if (!FillAddress(path, address)) return ENAMETOOLONG;
  // Non-blocking: a hung server with a full queue would block forever.
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.ok()) return errno;
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return errno;
  return 0;
}

// Returns OK if `path` is free: it does not exist, or is a socket without a server.
absl::Status CheckFree(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Failure("unix:" + path, "stat", errno);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot listen on unix:", path,
        ": the path is a file that is not a socket; remove it or choose another path"));
  }
  const int error = ConnectTo(path);
  if (error == ECONNREFUSED) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      "cannot listen on unix:", path, ": ",
      error == 0        ? "another server answers at this path; stop it or choose another path"
      : error == EAGAIN ? "another server holds this path but does not answer; end it first"
                        : strerror(error)));
}

// Resolves "HOST:PORT". HOST is an address or localhost, as checked with the configuration.
int Resolve(const std::string& address, addrinfo** result) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]"))
    host = host.substr(1, host.size() - 2);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  // "localhost" is one address here, not two.
  if (host == "localhost") host = "127.0.0.1";
  return getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, result);
}

std::string WithRealPort(const std::string& address, int fd) {
  sockaddr_storage bound = {};
  socklen_t length = sizeof(bound);
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  const in_port_t port = bound.ss_family == AF_INET6
                             ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                             : reinterpret_cast<sockaddr_in*>(&bound)->sin_port;
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", ntohs(port));
}

UniqueFd OpenSpare() { return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Listener::Listener(const Options& options, Journal& journal)
    : options_(options), journal_(journal), spare_(OpenSpare()) {}

Listener::~Listener() {
  thread_.End();
  for (const Socket& socket : sockets_) {
    if (socket.is_unix && IsAtItsPath(socket)) unlink(socket.path.c_str());
  }
}

bool Listener::IsAtItsPath(const Socket& socket) {
  struct stat status;
  return lstat(socket.path.c_str(), &status) == 0 && status.st_dev == socket.device &&
         status.st_ino == socket.inode;
}

absl::Status Listener::Open(const std::string& address) {
  // Needed to tell the thread to end.
  if (!wake_.ok()) wake_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_.ok()) return Failure(address, "eventfd", errno);
  absl::string_view path = address;
  if (!absl::ConsumePrefix(&path, "unix:")) return OpenTcp(address);
  absl::StatusOr<Socket> socket = BindUnix(std::string(path));
  if (!socket.ok()) return socket.status();
  sockets_.push_back(*std::move(socket));
  addresses_.push_back(address);
  return absl::OkStatus();
}

absl::StatusOr<Listener::Socket> Listener::BindUnix(const std::string& path) {
  const std::string address = "unix:" + path;
  if (absl::Status status = CheckFree(path); !status.ok()) return status;
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  if (IsOpenToAll(directory)) {
    return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", address,
                                                      ": any user may replace files in ", directory,
                                                      " and impersonate the server: chmod o-w it"));
  }
  // The socket gets its owner and mode under a temporary name and is renamed once it answers. That
  // name is short because socket paths are limited.
  const std::string temporary = absl::StrCat(directory, ".", getpid());
  sockaddr_un name;
  if (!FillAddress(path, name) || !FillAddress(temporary, name)) {
    return Failure(address, "bind", ENAMETOOLONG);
  }
  Socket socket;
  socket.is_unix = true;
  socket.path = path;
  socket.fd.Reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.fd.ok()) return Failure(address, "socket", errno);
  unlink(temporary.c_str());
  if (bind(socket.fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) != 0) {
    return Failure(address, "bind", errno);
  }
  struct stat status;
  absl::string_view step;
  if (chmod(temporary.c_str(), options_.socket_mode) != 0) {
    step = "socket_mode";
  } else if (options_.socket_group.has_value() &&
             chown(temporary.c_str(), -1, *options_.socket_group) != 0) {
    step = "socket_group";
  } else if (listen(socket.fd.get(), kBacklog) != 0) {
    step = "listen";
  } else if (lstat(temporary.c_str(), &status) != 0 ||
             rename(temporary.c_str(), path.c_str()) != 0) {
    step = "rename";
  }
  if (!step.empty()) {
    const int error = errno;
    unlink(temporary.c_str());
    return Failure(address, step, error);
  }
  socket.device = status.st_dev;
  socket.inode = status.st_ino;
  return socket;
}

absl::Status Listener::OpenTcp(const std::string& address) {
  addrinfo* resolved = nullptr;
  if (const int error = Resolve(address, &resolved); error != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> free_it(resolved, freeaddrinfo);
  Socket socket;
  socket.fd.Reset(::socket(resolved->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.fd.ok()) return Failure(address, "socket", errno);
  // SO_REUSEADDR: connections of a previous server do not block the port. SO_REUSEPORT stays off,
  // so that two servers cannot share it.
  const int on = 1;
  setsockopt(socket.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket.fd.get(), resolved->ai_addr, resolved->ai_addrlen) != 0) {
    return Failure(address, "bind", errno);
  }
  if (listen(socket.fd.get(), kBacklog) != 0) return Failure(address, "listen", errno);
  addresses_.push_back(WithRealPort(address, socket.fd.get()));
  sockets_.push_back(std::move(socket));
  return absl::OkStatus();
}

void Listener::Serve(Handler handler) {
  handler_ = std::move(handler);
  file_events_.Reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  for (const Socket& socket : sockets_) WatchPathOf(socket);
  thread_.Start([this] { Loop(); }, [this] { eventfd_write(wake_.get(), 1); });
}

void Listener::Restore() {
  restore_requested_ = true;
  eventfd_write(wake_.get(), 1);
}

void Listener::Loop() {
  std::vector<pollfd> fds;
  while (!thread_.ending()) {
    fds = {{wake_.get(), POLLIN, 0}, {file_events_.get(), POLLIN, 0}};
    for (const Socket& socket : sockets_) fds.push_back({socket.fd.get(), POLLIN, 0});
    silent_.AppendTo(fds);
    // After a failed poll(2) the events are undefined; the next round polls again.
    if (poll(fds.data(), fds.size(), PollTimeout()) < 0) continue;
    eventfd_t wakes;
    if (fds[0].revents != 0) eventfd_read(wake_.get(), &wakes);
    if (fds[1].revents != 0) NoteFileEvents();
    silent_.Handle(fds.data() + 2 + sockets_.size(), handler_);
    for (size_t i = 0; i < sockets_.size(); ++i) {
      if (fds[i + 2].revents != 0) Accept(sockets_[i]);
    }
    if (restore_requested_.exchange(false)) restore_at_ = MonotonicTime();
    if (restore_at_ <= Clock::Real().Now().monotonic) RestoreNow();
  }
}

int Listener::PollTimeout() const {
  const int until_hang_up = silent_.PollTimeout();
  if (restore_at_ == MonotonicTime::InfiniteFuture()) return until_hang_up;
  const absl::Duration left =
      std::max(restore_at_ - Clock::Real().Now().monotonic, absl::ZeroDuration());
  const int until_restore = absl::Ceil(left, absl::Milliseconds(1)) / absl::Milliseconds(1);
  return until_hang_up < 0 ? until_restore : std::min(until_hang_up, until_restore);
}

void Listener::NoteFileEvents() {
  alignas(inotify_event) char events[4096];
  while (read(file_events_.get(), events, sizeof(events)) > 0) continue;
  restore_at_ = Clock::Real().Now().monotonic + options_.restore_delay;
}

void Listener::WatchPathOf(const Socket& socket) {
  if (!socket.is_unix || !file_events_.ok()) return;
  // Removing a name changes the link count, which is an attribute.
  inotify_add_watch(file_events_.get(), socket.path.c_str(), IN_ATTRIB | IN_MOVE_SELF);
}

void Listener::RestoreNow() {
  restore_at_ = MonotonicTime::InfiniteFuture();
  for (Socket& socket : sockets_) {
    if (!socket.is_unix || IsAtItsPath(socket)) continue;
    const std::string directory = socket.path.substr(0, socket.path.rfind('/'));
    MakeDirectories(directory, kDirectoryMode, kDirectoryMode);
    absl::StatusOr<Socket> restored = BindUnix(socket.path);
    if (!restored.ok()) {
      journal_.Error(absl::StrCat("the socket ", socket.path, " was removed: ",
                                  restored.status().message(), "; send SIGHUP to retry"));
      continue;
    }
    socket = *std::move(restored);
    WatchPathOf(socket);
    journal_.Warning(absl::StrCat("the socket ", socket.path, " was removed: recreated it"));
  }
}

void Listener::Accept(const Socket& socket) {
  // The last attempt to reopen it may have failed because another thread took the descriptor.
  if (!spare_.ok()) spare_ = OpenSpare();
  UniqueFd connection(accept4(socket.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.ok()) return silent_.Add(std::move(connection));
  switch (errno) {
    case EMFILE:
    case ENFILE:
      return Shed(socket);
    case ENOBUFS:
    case ENOMEM: {
      // The caller stays in the queue; without a pause the loop would spin.
      pollfd wake = {wake_.get(), POLLIN, 0};
      poll(&wake, 1, kPauseMilliseconds);
      return;
    }
    default:
      // The caller has left (ECONNABORTED and other network errors that accept(2) passes on), or
      // there was none.
      return;
  }
}

void Listener::Shed(const Socket& socket) {
  spare_.Reset();
  UniqueFd turned_away(accept4(socket.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const int64_t count = turned_away.ok() ? ++shed_ : 0;
  turned_away.Reset();
  spare_ = OpenSpare();
  // Logs the 1st, 2nd, 4th, 8th ... rejected caller.
  if (count > 0 && (count & (count - 1)) == 0) {
    journal_.Error(absl::StrCat("descriptors have run out: ", count,
                                " callers rejected so far; raise the limit (LimitNOFILE, "
                                "ulimit -n)"));
  }
  if (!spare_.ok()) {
    pollfd wake = {wake_.get(), POLLIN, 0};
    poll(&wake, 1, kPauseMilliseconds);
  }
}

}  // namespace hob
