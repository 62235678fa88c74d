#include "server/supervisor/environment_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace hob {
namespace {

constexpr off_t kMaxSize = 1 << 20;

SpawnFailure Failure(int error_number, const std::string& path, absl::string_view problem) {
  return {"env_file", error_number, absl::StrCat(path, ": ", problem)};
}

SpawnFailure SystemFailure(int error_number, const std::string& path) {
  return Failure(error_number, path, strerror(error_number));
}

// O_NONBLOCK: a FIFO would keep the open waiting for a writer (RELIABILITY F63).
absl::variant<std::string, SpawnFailure> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemFailure(errno, path);
  const absl::Cleanup close_it = [fd] { close(fd); };
  struct stat status;
  if (fstat(fd, &status) != 0) return SystemFailure(errno, path);
  if (!S_ISREG(status.st_mode)) return Failure(EINVAL, path, "is not a regular file");
  if (status.st_size > kMaxSize) return Failure(EFBIG, path, "is larger than 1 MiB");
  std::string text(status.st_size, '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(fd, &text[filled], text.size() - filled);
    if (got < 0 && errno != EINTR) return SystemFailure(errno, path);
    if (got == 0) break;
    if (got > 0) filled += got;
  }
  text.resize(filled);
  return text;
}

}  // namespace

absl::variant<Environment, SpawnFailure> ReadEnvironmentFile(const std::string& path) {
  absl::variant<std::string, SpawnFailure> text = ReadFile(path);
  if (auto* failure = absl::get_if<SpawnFailure>(&text)) return std::move(*failure);
  // A variable of a process ends at a NUL: what follows would be lost without a word.
  if (absl::get<std::string>(text).find('\0') != std::string::npos) {
    return Failure(EINVAL, path, "holds a NUL byte; write text");
  }
  absl::StatusOr<Environment> environment = ParseEnvironmentLines(absl::get<std::string>(text));
  if (!environment.ok()) return Failure(EINVAL, path, environment.status().message());
  return *std::move(environment);
}

}  // namespace hob
