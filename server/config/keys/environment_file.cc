#include "server/config/keys/environment_file.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/text/printable.h"

namespace hob {
namespace {

constexpr off_t kMaxSize = 1 << 20;

// Returns a path for messages.
std::string Shown(const std::string& path) { return Printable(path, PATH_MAX); }

SpawnFailure Failure(int error_number, const std::string& path, absl::string_view problem) {
  return {"env_file", error_number, absl::StrCat(Shown(path), ": ", problem)};
}

SpawnFailure SystemFailure(int error_number, const std::string& path) {
  return Failure(error_number, path, strerrordesc_np(error_number));
}

bool IsMissing(int error_number) { return error_number == ENOENT || error_number == ENOTDIR; }

SpawnFailure Missing(int error_number, const std::string& path) {
  return Failure(error_number, path,
                 absl::StrCat(strerrordesc_np(error_number), ": create it, or write env_file = -",
                              Shown(path), " if it need not exist"));
}

// Opens with O_NONBLOCK, because the open of a FIFO waits for a writer otherwise.
absl::variant<std::string, SpawnFailure> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return IsMissing(errno) ? Missing(errno, path) : SystemFailure(errno, path);
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

absl::variant<Environment, SpawnFailure> ReadEnvironmentFile(const std::string& env_file) {
  absl::string_view rest = env_file;
  const bool is_optional = absl::ConsumePrefix(&rest, "-");
  const std::string path(rest);
  absl::variant<std::string, SpawnFailure> text = ReadFile(path);
  if (auto* failure = absl::get_if<SpawnFailure>(&text)) {
    if (is_optional && IsMissing(failure->error_number)) return Environment();
    return std::move(*failure);
  }
  // A variable of a process ends at a NUL, so that the rest would be lost silently.
  if (absl::get<std::string>(text).find('\0') != std::string::npos) {
    return Failure(EINVAL, path, "holds a NUL byte; write text");
  }
  absl::StatusOr<Environment> environment =
      ParseEnvironmentLines(absl::get<std::string>(text), Shown(path));
  if (environment.ok()) return *std::move(environment);
  return SpawnFailure{"env_file", EINVAL, std::string(environment.status().message())};
}

}  // namespace hob
