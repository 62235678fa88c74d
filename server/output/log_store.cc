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

std::shared_ptr<std::atomic<int64_t>> LogStore::CounterOf(const std::string& daemon,
                                                          OutputStream stream) {
  absl::MutexLock lock(&mu_);
  const auto found = counters_.find({daemon, stream});
  std::shared_ptr<std::atomic<int64_t>> counter;
  if (found != counters_.end()) counter = found->second.lock();
  if (counter != nullptr) return counter;
  if (counters_.size() >= sweep_at_) {
    for (auto it = counters_.begin(); it != counters_.end();) {
      it = it->second.expired() ? counters_.erase(it) : std::next(it);
    }
    sweep_at_ = 64 + 2 * counters_.size();
  }
  counter = std::make_shared<std::atomic<int64_t>>(0);
  counters_[{daemon, stream}] = counter;
  return counter;
}

std::map<std::string, LogStore::Written> LogStore::AllWritten() const {
  std::map<std::string, Written> all;
  absl::MutexLock lock(&mu_);
  for (const auto& [key, held] : counters_) {
    const std::shared_ptr<std::atomic<int64_t>> counter = held.lock();
    if (counter == nullptr) continue;
    Written& written = all[key.first];
    (key.second == OutputStream::kStdout ? written.stdout_bytes : written.stderr_bytes) = *counter;
  }
  return all;
}

}  // namespace hob
