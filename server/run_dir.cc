#include "server/run_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/process/folders.h"

namespace hob {
namespace {

constexpr int kMaxPidLength = 32;

std::string ReadHolder(int fd) {
  char text[kMaxPidLength];
  const ssize_t length = pread(fd, text, sizeof(text), 0);
  const std::string pid(
      absl::StripAsciiWhitespace(absl::string_view(text, length > 0 ? length : 0)));
  return pid.empty() ? "not known" : pid;
}

// A hard link would have another file truncated (RELIABILITY section 5 row 19).
bool IsFileOfItsOwn(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

absl::Status WriteHolder(int fd, const std::string& path) {
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0 && pwrite(fd, pid.data(), pid.size(), 0) == pid.size()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", strerror(errno)));
}

}  // namespace

absl::Status MakeFolder(const std::string& key, const std::string& path, mode_t mode) {
  const MadeFolders made = MakeFolders(path, mode, mode);
  if (made.error != 0) {
    return absl::FailedPreconditionError(absl::StrCat(key, ": cannot make the folder ", made.path,
                                                      ": ", strerror(made.error),
                                                      "; make it, or name another one in [hob]"));
  }
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(key, ": ", path, " is no folder; name another one in [hob]"));
}

absl::Status CheckClosed(const std::string& key, const std::string& path) {
  if (!IsOpenToAll(path)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(key, ": everybody may replace what is in ", path, ": chmod o-w it"));
}

absl::StatusOr<RunDirLock> RunDirLock::Acquire(const std::string& run_dir) {
  const std::string path = absl::StrCat(run_dir, "/hob.lock");
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("run_dir: cannot open ", path, ": ", strerror(errno)));
  }
  if (!IsFileOfItsOwn(file.get())) {
    return absl::FailedPreconditionError(
        absl::StrCat("run_dir: ", path, " is no regular file, or has a second name: remove it"));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat("run_dir: cannot lock ", path, ": ", strerror(errno)));
    }
    return absl::AlreadyExistsError(
        absl::StrCat("another hob server uses ", run_dir, ": its pid is ", ReadHolder(file.get()),
                     "; stop it, or give this one a run_dir of its own in [hob]"));
  }
  if (absl::Status status = WriteHolder(file.get(), path); !status.ok()) return status;
  return RunDirLock(std::move(file));
}

}  // namespace hob
