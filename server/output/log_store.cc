#include "server/output/log_store.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/process/folders.h"

namespace hob {
namespace {

// Children open their FIFOs before they take on another user.
constexpr mode_t kFifoFolderMode = 0700;
constexpr mode_t kFolderMode = 0755;

}  // namespace

bool LogStore::MakeFifoDir() {
  const MadeFolders made = MakeFolders(options_.fifo_dir, kFifoFolderMode, kFolderMode);
  errno = made.error;
  if (made.error != 0) return false;
  if (!made.path.empty()) {
    options_.warn(absl::StrCat(made.path,
                               " was deleted while the server runs: made anew; "
                               "have nobody clean the run_dir"));
  }
  return true;
}

std::shared_ptr<LogFiles> LogStore::Find(const std::string& daemon, OutputStream stream) {
  const std::string path = LogPath(options_.log_dir, daemon, stream);
  absl::MutexLock lock(&mu_);
  std::shared_ptr<LogFiles> files = logs_[path].lock();
  if (files != nullptr) return files;
  for (auto it = logs_.begin(); it != logs_.end();) {
    it = it->second.expired() ? logs_.erase(it) : std::next(it);
  }
  files = std::make_shared<LogFiles>(path);
  logs_[path] = files;
  return files;
}

}  // namespace hob
