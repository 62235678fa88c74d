#include "server/config/ini/config_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/ini/ini_file.h"

namespace hob {
namespace {

absl::Status Wrong(absl::string_view problem) { return absl::FailedPreconditionError(problem); }

absl::Status CannotRead(int error) {
  return Wrong(absl::StrCat("cannot be read: ", strerrordesc_np(error)));
}

bool IsMissing(int error) { return error == ENOENT || error == ENOTDIR; }

std::string DescribeKind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  // Sockets do not get here: they cannot be opened.
  return S_ISFIFO(mode) ? "a FIFO" : "a device";
}

bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// True if the mount cannot be written, in spite of the owner and mode of its files.
bool IsReadOnly(const struct statvfs& status) { return (status.f_flag & ST_RDONLY) != 0; }

// Checks, as root, that CheckTrusted holds for the open file.
absl::Status CheckFile(int fd, const struct stat& status) {
  if (geteuid() != 0) return absl::OkStatus();
  struct statvfs mount;
  if (fstatvfs(fd, &mount) == 0 && IsReadOnly(mount)) return absl::OkStatus();
  return CheckTrusted(status, geteuid());
}

absl::Status CheckReadable(int fd, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return Wrong(absl::StrCat("is ", DescribeKind(status.st_mode),
                              ", and a configuration is a regular file"));
  }
  if (status.st_size > kMaxConfigFileSize) {
    return Wrong(absl::StrCat("has ", status.st_size, " bytes, at most ", kMaxConfigFileSize,
                              " are allowed: split it"));
  }
  return CheckFile(fd, status);
}

// Reads up to the end, or up to one byte more than the limit.
absl::StatusOr<std::string> ReadAll(int fd) {
  std::string text(kMaxConfigFileSize + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(fd, &text[size], text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(errno);
    if (count == 0) break;
    size += count;
  }
  text.resize(size);
  return text;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status CheckDirectory(const std::string& directory) {
  struct stat status;
  if (stat(directory.c_str(), &status) != 0) {
    // ReadConfigFile reports a missing file.
    if (IsMissing(errno)) return absl::OkStatus();
    return Wrong(
        absl::StrCat("lies in ", directory, ", which cannot be checked: ", strerrordesc_np(errno)));
  }
  struct statvfs mount;
  if (statvfs(directory.c_str(), &mount) == 0 && IsReadOnly(mount)) return absl::OkStatus();
  const absl::Status trusted = CheckTrusted(status, geteuid());
  if (trusted.ok()) return trusted;
  return Wrong(absl::StrCat("lies in ", directory, ", which ", trusted.message()));
}

}  // namespace

absl::Status CheckTrusted(const struct stat& status, uid_t reader) {
  if (status.st_uid != 0 && status.st_uid != reader) {
    return Wrong(absl::StrCat("belongs to user ", status.st_uid,
                              ", who could make hobd run any program as root: chown it to root"));
  }
  const bool shared =
      S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
  if ((status.st_mode & S_IWOTH) != 0 && !shared) {
    return Wrong(
        "is writable by everybody, who could make hobd run any program as root: chmod o-w it");
  }
  return absl::OkStatus();
}

absl::Status CheckDirectoryOf(const std::string& path) {
  if (geteuid() != 0) return absl::OkStatus();
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
  if (real == nullptr) return absl::OkStatus();
  absl::Status status = CheckDirectory(DirectoryOf(path));
  if (!status.ok()) return status;
  return CheckDirectory(DirectoryOf(real.get()));
}

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return CannotRead(errno);
  const auto close_fd = absl::MakeCleanup([fd] { close(fd); });
  struct stat before;
  if (fstat(fd, &before) != 0) return CannotRead(errno);
  if (absl::Status status = CheckReadable(fd, before); !status.ok()) return status;
  absl::StatusOr<std::string> text = ReadAll(fd);
  if (!text.ok()) return text;
  struct stat after;
  if (fstat(fd, &after) != 0) return CannotRead(errno);
  if (!IsSame(before, after) || text->size() != after.st_size) {
    return Wrong("changed while it was read: write a new file beside it and rename that over it");
  }
  return text;
}

absl::StatusOr<bool> IsConfigDirectory(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0) return S_ISDIR(status.st_mode);
  if (IsMissing(errno)) return false;
  return CannotRead(errno);
}

absl::StatusOr<std::vector<std::string>> ListConfigDirectory(const std::string& path) {
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return CannotRead(errno);
  const auto close_directory = absl::MakeCleanup([directory] { closedir(directory); });
  std::vector<std::string> files;
  const absl::string_view separator = absl::EndsWith(path, "/") ? "" : "/";
  errno = 0;
  while (const dirent* entry = readdir(directory)) {
    const absl::string_view name = entry->d_name;
    if (name[0] == '.' || !absl::EndsWith(name, ".ini")) continue;
    files.push_back(absl::StrCat(path, separator, name));
  }
  if (errno != 0) return CannotRead(errno);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace hob
