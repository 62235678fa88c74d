#include "server/posix/owned_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

// Larger files were not written by this program.
constexpr off_t kLargestFile = off_t{16} << 20;

// The directory of a file, open so that changes of names in it can be synced to the disk.
class SyncedDirectory {
 public:
  explicit SyncedDirectory(const std::string& path)
      : fd_(open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        error_(fd_.ok() ? 0 : errno) {}

  // Returns the errno(3) that prevents the later Sync; 0 if nothing does. A directory that is
  // writable but not readable cannot be synced.
  int error() const { return error_ == EACCES ? 0 : error_; }

  // Returns 0 or the errno(3) of the failure. Some file systems do not sync directories.
  int Sync() const {
    if (!fd_.ok() || fsync(fd_.get()) == 0 || errno == EINVAL) return 0;
    return errno;
  }

 private:
  const UniqueFd fd_;
  const int error_;
};

// Creates a new file: an existing one may be a link to another file. Returns 0 or the errno(3) of
// the failure.
int CreateFile(const std::string& path, absl::string_view contents) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno;
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok() || !WriteAll(file.get(), contents) || fsync(file.get()) != 0) return errno;
  return 0;
}

}  // namespace

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(count);
  }
  return true;
}

absl::StatusOr<std::string> ReadOwnedFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.ok()) return absl::ErrnoToStatus(errno, path);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return absl::ErrnoToStatus(errno, path);
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0 ||
      status.st_size > kLargestFile) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a file of at most 16 MiB that only this user can write"));
  }
  std::string contents(status.st_size, '\0');
  size_t size = 0;
  while (size < contents.size()) {
    const ssize_t count = read(file.get(), &contents[size], contents.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, path);
    if (count == 0) break;
    size += count;
  }
  contents.resize(size);
  return contents;
}

int ReplaceOwnedFile(const std::string& path, absl::string_view contents) {
  // Opened first, so that a lack of descriptors is noticed while the old file is in place.
  const SyncedDirectory directory(path);
  if (directory.error() != 0) return directory.error();
  const std::string temporary = path + ".new";
  int error = CreateFile(temporary, contents);
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return directory.Sync();
  unlink(temporary.c_str());
  return error;
}

int RemoveOwnedFile(const std::string& path) {
  const SyncedDirectory directory(path);
  if (directory.error() != 0) return directory.error();
  if (unlink(path.c_str()) != 0) return errno == ENOENT ? 0 : errno;
  return directory.Sync();
}

}  // namespace hob
