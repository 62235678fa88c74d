#include "server/output/output_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace hob {
namespace {

constexpr MonotonicTime kNever = MonotonicTime::InfiniteFuture();

UniqueFd OpenFifo(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
}

bool IsOwnFifo(const UniqueFd& fd) {
  struct stat status;
  return fd.ok() && fstat(fd.get(), &status) == 0 && S_ISFIFO(status.st_mode) &&
         (status.st_mode & 07777) == 0600;
}

// Opens an existing FIFO, which may hold unread bytes; replaces anything else. On failure, returns
// a descriptor that is not ok() and sets errno(3).
UniqueFd OpenOrMakeFifo(const std::string& path, LogStore& store) {
  UniqueFd fd = OpenFifo(path);
  if (IsOwnFifo(fd)) return fd;
  unlink(path.c_str());
  // The server's umask leaves the owner all rights.
  if (mkfifo(path.c_str(), 0600) != 0 &&
      (errno != ENOENT || !store.MakeFifoDir() || mkfifo(path.c_str(), 0600) != 0)) {
    return UniqueFd();
  }
  return OpenFifo(path);
}

bool IsAt(const std::string& path, const UniqueFd& fd) {
  struct stat held;
  struct stat named;
  return fstat(fd.get(), &held) == 0 && lstat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

OutputPump::OutputPump(const std::string& daemon, OutputStream stream, LogStore& store,
                       const Clock& clock)
    : fifo_path_(store.FifoPathOf(daemon, stream)),
      store_(store),
      clock_(clock),
      writer_(store.Find(daemon, stream), store, clock),
      counter_(store.CounterOf(daemon, stream)) {}

int OutputPump::Open(uid_t owner, gid_t group) {
  released_ = false;
  if (fifo_.ok() && !IsAt(fifo_path_, fifo_)) {
    writer_.DrainToMemory(fifo_.get());
    fifo_.Reset();
  }
  if (!fifo_.ok()) fifo_ = OpenOrMakeFifo(fifo_path_, store_);
  if (!fifo_.ok() || fchown(fifo_.get(), owner, group) != 0) return errno;
  small_limit_ = capacity() / 4;
  return 0;
}

void OutputPump::Release() {
  released_ = true;
  // A daemon that is being removed gets no later attempt.
  if (fifo_.ok()) Move(kMaxAtOnce);
}

void OutputPump::Look() {
  if (!fifo_.ok()) return;
  const MonotonicTime now = clock_.Now().monotonic;
  if (!resting() || retry_at_ <= now) Move(kMaxAtOnce);
  if (idle_at_ <= now) {
    writer_.Close();
    idle_at_ = kNever;
  }
}

void OutputPump::Drain() {
  const int64_t there = left();
  if (there > 0 && problem().empty()) Move(there, kDescriptorTimeout);
}

int64_t OutputPump::left() const {
  int in_fifo = 0;
  if (fifo_.ok()) ioctl(fifo_.get(), FIONREAD, &in_fifo);
  return in_fifo + writer_.pending();
}

int64_t OutputPump::capacity() const {
  return fifo_.ok() ? std::max(fcntl(fifo_.get(), F_GETPIPE_SZ), 0) : 0;
}

void OutputPump::Move(int64_t max, absl::Duration timeout) {
  const int64_t before = writer_.moved();
  const LogWriter::Result result = writer_.Move(fifo_.get(), max, timeout);
  const MonotonicTime now = clock_.Now().monotonic;
  retry_at_ = kNever;
  if (result == LogWriter::Result::kStalled) retry_at_ = now + kRetryInterval;
  if (result == LogWriter::Result::kBusy) retry_at_ = now + kBusyInterval;
  const int64_t moved = writer_.moved() - before;
  *counter_ += moved;
  const bool batches = moved > 0 && NoteMove(moved, now);
  if (batches && result == LogWriter::Result::kEmpty) retry_at_ = now + kBatchTime;
  writer_.CloseIfCrowded();
  if (moved > 0) idle_at_ = now + kIdleTime;
  if (!writer_.is_open()) idle_at_ = kNever;
  if (released_ && result == LogWriter::Result::kEmpty) {
    writer_.Close();
    fifo_.Reset();
    idle_at_ = kNever;
  }
}

bool OutputPump::NoteMove(int64_t bytes, MonotonicTime now) {
  const bool small = bytes < small_limit_ && now - moved_at_ < kSoon;
  small_moves_ = small ? std::min(small_moves_ + 1, kBatchAfter) : 0;
  moved_at_ = now;
  return small_moves_ == kBatchAfter;
}

MonotonicTime OutputPump::NextDeadline() const { return std::min(retry_at_, idle_at_); }

void OutputPump::AppendPollFds(std::vector<pollfd>& fds) const {
  if (fifo_.ok() && !resting()) fds.push_back({fifo_.get(), POLLIN, 0});
}

}  // namespace hob
