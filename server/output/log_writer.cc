#include "server/output/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/output/log_index.h"
#include "server/posix/directories.h"

namespace hob {
namespace {

// Bytes read at a time when they must be examined or copied.
constexpr int64_t kPiece = 4096;
// A line may extend a log this far beyond its limit; then the line is split.
constexpr int64_t kMaxOverhang = 1 << 20;
constexpr absl::Duration kPathCheckInterval = absl::Seconds(1);

int64_t BytesIn(int fifo) {
  int count = 0;
  return ioctl(fifo, FIONREAD, &count) == 0 ? count : 0;
}

}  // namespace

LogWriter::LogWriter(std::shared_ptr<LogFiles> files, LogStore& store, const Clock& clock)
    : files_(std::move(files)), store_(store), clock_(clock) {
  files_->AddWriter();
}

LogWriter::~LogWriter() {
  Close();
  files_->RemoveWriter();
}

LogWriter::Result LogWriter::Move(int fifo, int64_t max, absl::Duration timeout) {
  if (pending_.empty() && BytesIn(fifo) == 0) return Result::kEmpty;
  if (!has_descriptor_) has_descriptor_ = store_.writer_pool().Take(timeout);
  if (!has_descriptor_) return Result::kBusy;
  const int64_t before = moved_;
  Result result;
  {
    absl::MutexLock lock(&files_->write_mutex());
    result = MoveLocked(fifo, max);
  }
  // The next attempt reopens by path: the repair of the disk may replace the file.
  if (result == Result::kStalled) Close();
  if (moved_ > before) files_->NotifyListeners();
  return result;
}

LogWriter::Result LogWriter::MoveLocked(int fifo, int64_t max) {
  if (!EnsureOpen()) return Result::kStalled;
  NoteTime();
  const int64_t end = moved_ + max;
  while (WritePending()) {
    // A rotation leaves up to kPiece bytes pending, which may exceed `max`.
    const int64_t allowed = std::min(BytesIn(fifo), end - moved_);
    if (allowed <= 0) {
      problem_.clear();
      return moved_ < end ? Result::kEmpty : Result::kMore;
    }
    if (!MoveSome(fifo, allowed)) break;
  }
  return Result::kStalled;
}

bool LogWriter::EnsureOpen() {
  if (file_.ok() && !IsStillThere()) file_.Reset();
  return file_.ok() || OpenFile();
}

bool LogWriter::IsStillThere() {
  struct stat held;
  if (fstat(file_.get(), &held) != 0 || held.st_nlink == 0) return false;
  // The file may have been truncated, and another daemon may share it.
  size_ = held.st_size;
  if (files_->current() != sequence_) return false;
  const MonotonicTime now = clock_.Now().monotonic;
  if (now < path_checked_ + kPathCheckInterval) return true;
  path_checked_ = now;
  struct stat named;
  return lstat(files_->path().c_str(), &named) == 0 && named.st_ino == held.st_ino &&
         named.st_dev == held.st_dev;
}

bool LogWriter::OpenFile() {
  // Not O_APPEND: splice refuses such files. O_NONBLOCK keeps the open of a planted FIFO from
  // hanging.
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  file_.Reset(open(files_->path().c_str(), flags, 0640));
  struct stat status;
  if (!file_.ok() || fstat(file_.get(), &status) != 0) {
    const int error = errno;
    file_.Reset();
    return Stall(error == ELOOP ? "it is a symbolic link, which is not followed" : strerror(error));
  }
  if (!S_ISREG(status.st_mode)) {
    file_.Reset();
    return Stall("it is not a regular file");
  }
  if (MayBePlanted(status, files_->path())) {
    file_.Reset();
    return Stall(
        "it has a second name, a hard link, in a directory that others may write to; remove one of "
        "them");
  }
  sequence_ = files_->current();
  size_ = status.st_size;
  takes_splice_ = true;
  path_checked_ = clock_.Now().monotonic;
  // An empty file needs a new index.
  index_is_new_ = size_ == 0;
  time_noted_ = index_is_new_ ? MonotonicTime() : time_noted_;
  return true;
}

void LogWriter::Close() {
  file_.Reset();
  if (std::exchange(has_descriptor_, false)) store_.writer_pool().Return();
}

void LogWriter::CloseIfCrowded() {
  if (file_.ok() && store_.writer_pool().IsCrowded()) Close();
}

void LogWriter::NoteTime() {
  const MonotonicTime now = clock_.Now().monotonic;
  if (!index_is_new_ && now < time_noted_ + kIndexInterval) return;
  // Without a spare descriptor, the next bytes get an entry.
  if (!store_.writer_pool().Take()) return;
  time_noted_ = now;
  AppendToLogIndex(files_->index_path(), {size_, clock_.WallNow()},
                   std::exchange(index_is_new_, false));
  store_.writer_pool().Return();
}

void LogWriter::DrainToMemory(int fifo) {
  std::string bytes(BytesIn(fifo), '\0');
  const int64_t count = read(fifo, &bytes[0], bytes.size());
  pending_.append(bytes, 0, std::max<int64_t>(count, 0));
}

bool LogWriter::MoveSome(int fifo, int64_t max) {
  if (limits_.max_bytes > 0) {
    const int64_t room = limits_.max_bytes - size_;
    if (room <= 0) return FinishLine(fifo);
    max = std::min(max, room);
  }
  return takes_splice_ ? Splice(fifo, max) : Copy(fifo, max);
}

bool LogWriter::Splice(int fifo, int64_t max) {
  loff_t offset = size_;
  const int64_t count =
      splice(fifo, nullptr, file_.get(), &offset, max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (count >= 0) {
    size_ += count;
    moved_ += count;
    return true;
  }
  if (errno == EINVAL) {
    takes_splice_ = false;
    return Copy(fifo, max);
  }
  return errno == EAGAIN || errno == EINTR || Stall(strerror(errno));
}

bool LogWriter::Copy(int fifo, int64_t max) {
  return ReadPending(fifo, std::min(max, kPiece)) && WritePending();
}

bool LogWriter::ReadPending(int fifo, int64_t max) {
  pending_.resize(max);
  const int64_t count = read(fifo, &pending_[0], max);
  pending_.resize(std::max<int64_t>(count, 0));
  return count >= 0 || errno == EAGAIN || errno == EINTR || Stall(strerror(errno));
}

bool LogWriter::FinishLine(int fifo) {
  const bool too_long = size_ >= limits_.max_bytes + kMaxOverhang;
  if (too_long || EndsWithLine()) return Rotate();
  if (!ReadPending(fifo, kPiece)) return false;
  const size_t newline = pending_.find('\n');
  if (newline == std::string::npos) return WritePending();
  const std::string rest = pending_.substr(newline + 1);
  pending_.resize(newline + 1);
  const bool rotated = WritePending() && Rotate();
  // The rest follows the line, in whichever file that ends up.
  pending_.append(rest);
  return rotated;
}

bool LogWriter::EndsWithLine() const {
  char last = '\n';
  return size_ == 0 || (pread(file_.get(), &last, 1, size_ - 1) == 1 && last == '\n');
}

bool LogWriter::Rotate() {
  const int error = files_->Rotate(limits_.backups, size_);
  if (error != 0) return Stall(absl::StrCat("it cannot be rotated: ", strerror(error)));
  file_.Reset();
  if (limits_.backups > 0) store_.archiver().Request(files_, sequence_, limits_.compress);
  if (!OpenFile()) return false;
  NoteTime();
  return true;
}

bool LogWriter::WritePending() {
  while (!pending_.empty()) {
    const int64_t count = pwrite(file_.get(), pending_.data(), pending_.size(), size_);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Stall(strerror(count == 0 ? ENOSPC : errno));
    size_ += count;
    moved_ += count;
    pending_.erase(0, count);
  }
  return true;
}

bool LogWriter::Stall(const std::string& what) {
  problem_ = absl::StrCat("log stalled: ", files_->path(), ": ", what);
  return false;
}

}  // namespace hob
