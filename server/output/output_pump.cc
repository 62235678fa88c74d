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

// A FIFO that is there is used: it may hold what was not yet read. Anything else makes room.
UniqueFd OpenOrMakeFifo(const std::string& path) {
  UniqueFd fd = OpenFifo(path);
  if (IsOwnFifo(fd)) return fd;
  unlink(path.c_str());
  // The server's umask takes no right away from the owner.
  if (mkfifo(path.c_str(), 0600) != 0) return UniqueFd();
  return OpenFifo(path);
}

}  // namespace

OutputPump::OutputPump(const std::string& daemon, OutputStream stream, LogStore& store,
                       const Clock& clock)
    : fifo_path_(store.FifoPathOf(daemon, stream)),
      clock_(clock),
      writer_(store.Find(daemon, stream), store, clock) {}

int OutputPump::Open(uid_t owner, gid_t group) {
  released_ = false;
  if (!fifo_.ok()) fifo_ = OpenOrMakeFifo(fifo_path_);
  if (!fifo_.ok() || fchown(fifo_.get(), owner, group) != 0) return errno;
  return 0;
}

void OutputPump::Release() {
  released_ = true;
  // Whoever ends for good has no later try.
  if (fifo_.ok()) Move(kMostAtOnce);
}

void OutputPump::Look() {
  if (!fifo_.ok()) return;
  const MonotonicTime now = clock_.Now().monotonic;
  if (!stalled() || retry_at_ <= now) Move(kMostAtOnce);
  if (idle_at_ <= now) {
    writer_.Close();
    idle_at_ = kNever;
  }
}

void OutputPump::Drain() {
  int left = 0;
  if (!fifo_.ok() || stalled() || ioctl(fifo_.get(), FIONREAD, &left) != 0) return;
  if (left > 0) Move(left);
}

void OutputPump::Move(int64_t most) {
  const int64_t before = writer_.moved();
  const LogWriter::Result result = writer_.Move(fifo_.get(), most);
  const MonotonicTime now = clock_.Now().monotonic;
  retry_at_ = result == LogWriter::Result::kStalled ? now + kRetryInterval : kNever;
  writer_.CloseIfCrowded();
  if (writer_.moved() > before) idle_at_ = now + kIdleTime;
  if (!writer_.is_open()) idle_at_ = kNever;
  if (released_ && result == LogWriter::Result::kEmpty) {
    writer_.Close();
    fifo_.Reset();
    idle_at_ = kNever;
  }
}

MonotonicTime OutputPump::NextDeadline() const { return std::min(retry_at_, idle_at_); }

void OutputPump::AppendPollFds(std::vector<pollfd>& fds) const {
  if (fifo_.ok() && !stalled()) fds.push_back({fifo_.get(), POLLIN, 0});
}

}  // namespace hob
