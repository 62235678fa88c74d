#include "server/output/log_store.h"

namespace hob {

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
