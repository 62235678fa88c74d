#include "server/output/log_store.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/posix/directories.h"

namespace hob {
namespace {

// Children open their FIFOs before they switch users, so others need no access.
constexpr mode_t kFifoDirectoryMode = 0700;
constexpr mode_t kDirectoryMode = 0755;

}  // namespace

bool LogStore::MakeFifoDir() {
  const MadeDirectories made =
      MakeDirectories(options_.fifo_dir, kFifoDirectoryMode, kDirectoryMode);
  errno = made.error;
  if (made.error != 0) return false;
  if (!made.path.empty()) {
    options_.warn(absl::StrCat(made.path,
                               " was deleted while the server was running; recreated it; "
                               "exclude run_dir from cleanup jobs"));
  }
  return true;
}

std::shared_ptr<LogFiles> LogStore::Find(const std::string& daemon, OutputStream stream) {
  const std::string path = LogPath(options_.log_dir, daemon, stream);
  MutexLock lock(&mu_);
  return logs_.GetOrMake(path, [&path] { return std::make_shared<LogFiles>(path); });
}

std::shared_ptr<std::atomic<int64_t>> LogStore::CounterOf(const std::string& daemon,
                                                          OutputStream stream) {
  MutexLock lock(&mu_);
  return counters_.GetOrMake({daemon, stream},
                             [] { return std::make_shared<std::atomic<int64_t>>(0); });
}

std::map<std::string, LogStore::Written> LogStore::AllWritten() const {
  std::map<std::string, Written> all;
  MutexLock lock(&mu_);
  counters_.ForEach([&all](const auto& key, const std::atomic<int64_t>& bytes) {
    Written& written = all[key.first];
    (key.second == OutputStream::kStdout ? written.stdout_bytes : written.stderr_bytes) = bytes;
  });
  return all;
}

}  // namespace hob
