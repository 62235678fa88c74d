#include "server/output/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/output/log_source.h"

namespace hob {
namespace {

constexpr char kIndex[] = ".idx";
constexpr char kCompressed[] = ".zst";

// True if there is a file at `path`. If that cannot be determined, returns false and sets errno(3);
// otherwise errno is 0.
bool Exists(const std::string& path) {
  struct stat status;
  errno = 0;
  if (lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) errno = 0;
  return false;
}

UniqueFd OpenForReading(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
  struct stat status;
  if (fd.ok() && (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))) fd.Reset();
  return fd;
}

// Renames `from` if it exists; returns 0 or errno(3). Replaces nothing if the file system can
// guarantee that: the check that `to` is free may have failed.
int RenameIfThere(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno == EINVAL && rename(from.c_str(), to.c_str()) == 0) return 0;
  return errno == ENOENT ? 0 : errno;
}

}  // namespace

std::string LogFiles::Name(int64_t back) const {
  return back == 0 ? path_ : absl::StrCat(path_, ".", back);
}

std::string LogFiles::index_path() const { return path_ + kIndex; }

int64_t LogFiles::current() const {
  absl::MutexLock lock(&mu_);
  return current_;
}

bool LogFiles::ExistsLocked(int64_t back) const {
  return Exists(Name(back)) || (errno == 0 && Exists(Name(back) + kCompressed));
}

int64_t LogFiles::Oldest() const {
  absl::MutexLock lock(&mu_);
  int64_t back = 0;
  while (ExistsLocked(back + 1)) ++back;
  return current_ - back;
}

absl::optional<int64_t> LogFiles::StartOf(int64_t sequence) const {
  int64_t start;
  int64_t next;
  {
    absl::MutexLock lock(&mu_);
    start = start_of_current_;
    next = current_;
  }
  while (next > sequence) {
    const std::unique_ptr<LogSource> source = LogSource::From(Open(--next));
    if (source == nullptr) return absl::nullopt;
    start -= source->Size();
  }
  return start;
}

LogFiles::Opened LogFiles::Open(int64_t sequence) const {
  Opened opened;
  absl::MutexLock lock(&mu_);
  if (sequence > current_) return opened;
  const std::string name = Name(current_ - sequence);
  if (sequence < current_) opened.fd = OpenForReading(name + kCompressed);
  opened.compressed = opened.fd.ok();
  if (!opened.compressed) opened.fd = OpenForReading(name);
  return opened;
}

UniqueFd LogFiles::OpenUncompressed(int64_t sequence) const {
  absl::MutexLock lock(&mu_);
  if (sequence > current_) return UniqueFd();
  return OpenForReading(Name(current_ - sequence));
}

UniqueFd LogFiles::OpenIndex(int64_t sequence) const {
  absl::MutexLock lock(&mu_);
  if (sequence > current_) return UniqueFd();
  return OpenForReading(Name(current_ - sequence) + kIndex);
}

int LogFiles::Rotate(int backups, int64_t size) {
  absl::MutexLock lock(&mu_);
  // Also removes backups in excess of a lowered `log_backups`.
  const int64_t first_removed = std::max(backups, 1);
  int64_t end_of_removed = first_removed;
  while (ExistsLocked(end_of_removed)) ++end_of_removed;
  // An undetected backup would be overwritten.
  if (errno != 0) return errno;
  // Visits existing backups only: `log_backups` may be in the thousands.
  int64_t oldest = 0;
  while (oldest < backups - 1 && ExistsLocked(oldest + 1)) ++oldest;
  if (errno != 0) return errno;
  for (int64_t back = first_removed; back < end_of_removed; ++back) RemoveLocked(back);
  for (int64_t back = oldest; back >= 1; --back) {
    if (const int error = ShiftLocked(back, 1); error != 0)
      return UnshiftLocked(back, oldest, error);
  }
  if (backups == 0) {
    if (unlink(path_.c_str()) != 0 && errno != ENOENT) return errno;
    unlink(index_path().c_str());
  } else if (const int error = ShiftLocked(0, 1); error != 0) {
    return UnshiftLocked(0, oldest, error);
  }
  ++current_;
  start_of_current_ += size;
  return 0;
}

int LogFiles::ShiftLocked(int64_t back, int by) {
  const std::string from = Name(back);
  const std::string to = Name(back + by);
  const char* suffix = "";
  if (back > 0) {
    const bool has_original = Exists(from);
    if (errno != 0) return errno;
    // A backup that exists both with and without compression would need two renames, and perhaps
    // only one would succeed. Drops the compressed one, which the archiver makes again.
    if (has_original && unlink((from + kCompressed).c_str()) != 0 && errno != ENOENT) return errno;
    if (!has_original) suffix = kCompressed;
  }
  if (const int error = RenameIfThere(from + suffix, to + suffix); error != 0) return error;
  // A leftover index there belongs to another file.
  unlink((to + kIndex).c_str());
  if (RenameIfThere(from + kIndex, to + kIndex) != 0) unlink((from + kIndex).c_str());
  return 0;
}

int LogFiles::UnshiftLocked(int64_t failed, int64_t oldest, int error) {
  for (int64_t back = failed + 1; back <= oldest; ++back) {
    if (ShiftLocked(back + 1, -1) != 0) break;
  }
  return error;
}

void LogFiles::RemoveLocked(int64_t back) {
  for (const char* suffix : {"", kCompressed, kIndex}) unlink((Name(back) + suffix).c_str());
}

std::vector<int64_t> LogFiles::Uncompressed() const {
  std::vector<int64_t> found;
  absl::MutexLock lock(&mu_);
  for (int64_t back = 1; ExistsLocked(back); ++back) {
    if (Exists(Name(back))) found.push_back(current_ - back);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool LogFiles::AddCompressed(int64_t sequence, const std::string& compressed) {
  absl::MutexLock lock(&mu_);
  const std::string name = Name(current_ - sequence);
  if (sequence >= current_ || !Exists(name)) return false;
  return rename(compressed.c_str(), (name + kCompressed).c_str()) == 0;
}

void LogFiles::RemoveUncompressed(int64_t sequence) {
  absl::MutexLock lock(&mu_);
  const std::string name = Name(current_ - sequence);
  if (sequence < current_ && Exists(name + kCompressed)) unlink(name.c_str());
}

void LogFiles::AddWriter() { ++writers_; }

void LogFiles::RemoveWriter() {
  if (--writers_ == 0) NotifyListeners();
}

void LogFiles::NotifyListeners() {
  if (!has_listeners_) return;
  absl::MutexLock lock(&listeners_mu_);
  for (Listener* listener : listeners_) listener->OnChange();
}

void LogFiles::AddListener(Listener* listener) {
  absl::MutexLock lock(&listeners_mu_);
  listeners_.push_back(listener);
  has_listeners_ = true;
}

void LogFiles::RemoveListener(Listener* listener) {
  absl::MutexLock lock(&listeners_mu_);
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), listener), listeners_.end());
  has_listeners_ = !listeners_.empty();
}

}  // namespace hob
