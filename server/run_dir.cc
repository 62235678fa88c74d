#include "server/run_dir.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "server/clock/clock.h"
#include "server/posix/directories.h"

namespace hob {
namespace {

constexpr int kMaxPidLength = 32;
constexpr int kRetryMilliseconds = 20;

absl::Status AnotherServer(const std::string& directory, pid_t holder, absl::string_view key) {
  return absl::AlreadyExistsError(
      absl::StrCat("another hob server uses ", directory, ": its pid is ",
                   holder > 0 ? absl::StrCat(holder) : "unknown", "; stop it, or give this one a ",
                   key, " of its own in [hob]"));
}

pid_t ReadHolder(int fd) {
  char text[kMaxPidLength];
  const ssize_t length = pread(fd, text, sizeof(text), 0);
  pid_t pid = 0;
  const absl::string_view line(text, std::max<ssize_t>(length, 0));
  return absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &pid) ? pid : 0;
}

// Returns the pid that has locked the file with flock(2), from /proc/locks (proc(5)); 0 if unknown.
pid_t FindHolder(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return 0;
  const std::string file =
      absl::StrFormat("%02x:%02x:%d", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    pid_t pid = 0;
    if (words.size() > 5 && words[1] == "FLOCK" && words[5] == file &&
        absl::SimpleAtoi(words[4], &pid)) {
      return pid;
    }
  }
  return 0;
}

bool IsDead(pid_t pid) { return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH; }

// Through a hard link, another file would be truncated.
bool IsPrivateFile(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

bool IsSameDirectory(const std::string& a, const std::string& b) {
  struct stat of_a;
  struct stat of_b;
  return stat(a.c_str(), &of_a) == 0 && stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

absl::Status WriteHolder(int fd, const std::string& path) {
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0 && pwrite(fd, pid.data(), pid.size(), 0) == pid.size()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", strerror(errno)));
}

// Fills in the abstract address of a run_dir. Containers that share a network have separate file
// systems, and so different names.
socklen_t FillName(const std::string& run_dir, sockaddr_un& address) {
  struct stat status = {};
  stat(run_dir.c_str(), &status);
  const std::unique_ptr<char, void (*)(void*)> real(realpath(run_dir.c_str(), nullptr), &free);
  std::string name = absl::StrFormat("hob %x ", status.st_dev);
  const std::string path = real == nullptr ? run_dir : real.get();
  // The first byte of the address is NUL. The end of a path is more specific than its beginning.
  const size_t room = sizeof(address.sun_path) - 1 - name.size();
  absl::StrAppend(&name, path.substr(path.size() - std::min(path.size(), room)));
  address = {};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, name.size());
  return offsetof(sockaddr_un, sun_path) + 1 + name.size();
}

}  // namespace

absl::Status MakeDirectory(const std::string& key, const std::string& path, mode_t mode) {
  const MadeDirectories made = MakeDirectories(path, mode, mode);
  if (made.error != 0) {
    return absl::FailedPreconditionError(absl::StrCat(key, ": cannot create the directory ",
                                                      made.path, ": ", strerror(made.error),
                                                      "; create it, or set another one in [hob]"));
  }
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(key, ": ", path, " is not a directory; set another one in [hob]"));
}

absl::Status CheckClosed(const std::string& key, const std::string& path) {
  if (!IsOpenToAll(path)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(key, ": any user may replace files in ", path, ": chmod o-w it"));
}

absl::StatusOr<ServerLock> ServerLock::Acquire(const std::string& run_dir,
                                               const std::string& log_dir,
                                               const std::string& state_dir) {
  const MonotonicTime deadline = Clock::Real().Now().monotonic + kHolderTimeout;
  while (true) {
    ServerLock lock;
    absl::Status status = lock.LockFile(run_dir);
    if (status.ok()) status = lock.LockName(run_dir);
    if (status.ok()) status = lock.LockDirectory("log_dir", log_dir, lock.logs_);
    if (status.ok() && !IsSameDirectory(log_dir, state_dir)) {
      status = lock.LockDirectory("state_dir", state_dir, lock.state_);
    }
    if (status.ok()) return lock;
    if (!IsDead(lock.holder_) || Clock::Real().Now().monotonic > deadline) return status;
    poll(nullptr, 0, kRetryMilliseconds);
  }
}

absl::Status ServerLock::LockFile(const std::string& run_dir) {
  const std::string path = absl::StrCat(run_dir, "/hob.lock");
  file_.Reset(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("run_dir: cannot open ", path, ": ", strerror(errno)));
  }
  if (!IsPrivateFile(file_.get())) {
    return absl::FailedPreconditionError(
        absl::StrCat("run_dir: ", path, " is not a regular file, or has a second link: remove it"));
  }
  if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return WriteHolder(file_.get(), path);
  if (errno != EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("run_dir: cannot lock ", path, ": ", strerror(errno)));
  }
  holder_ = ReadHolder(file_.get());
  return AnotherServer(run_dir, holder_, "run_dir");
}

absl::Status ServerLock::LockName(const std::string& run_dir) {
  sockaddr_un address;
  const socklen_t size = FillName(run_dir, address);
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  name_.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Connections are never accepted: callers only check who listens.
  if (bind(name_.get(), name, size) == 0 && listen(name_.get(), SOMAXCONN) == 0) {
    return absl::OkStatus();
  }
  // Without abstract names, the file lock has to do.
  if (errno != EADDRINUSE) return absl::OkStatus();
  const UniqueFd caller(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ucred peer = {};
  socklen_t peer_size = sizeof(peer);
  if (connect(caller.get(), name, size) == 0) {
    getsockopt(caller.get(), SOL_SOCKET, SO_PEERCRED, &peer, &peer_size);
    // Any user may take any name; this one is not a server of this run_dir.
    if (peer.uid != 0 && peer.uid != geteuid()) return absl::OkStatus();
  }
  holder_ = peer.pid;
  return AnotherServer(run_dir, holder_, "run_dir");
}

absl::Status ServerLock::LockDirectory(const char* key, const std::string& path, UniqueFd& lock) {
  lock.Reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems do not support locks, and a directory may be writable but not readable.
  if (!lock.ok() || flock(lock.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
    return absl::OkStatus();
  }
  holder_ = FindHolder(lock.get());
  return AnotherServer(path, holder_, key);
}

}  // namespace hob
