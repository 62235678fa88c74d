#include "server/process/group_remover.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "server/process/control_group.h"

namespace hob {
namespace {

// Groups gather until none has come for so long: whoever still ends daemons needs the processors
// and the kernel's lock.
constexpr std::chrono::milliseconds kQuietTime(2);
// But no longer than this.
constexpr std::chrono::milliseconds kLongestGathering(500);

}  // namespace

GroupRemover::~GroupRemover() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const std::string& path : paths_) RemoveControlGroup(path);
}

void GroupRemover::RemoveSoon(std::string path) {
  const std::lock_guard<std::mutex> lock(mu_);
  paths_.push_back(std::move(path));
  if (thread_.joinable()) {
    if (paths_.size() == 1) changed_.notify_one();
    return;
  }
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error&) {
  }
}

void GroupRemover::Loop() {
  std::unique_lock<std::mutex> lock(mu_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !paths_.empty(); });
    if (paths_.empty()) return;
    LetPathsGather(lock);
    const std::vector<std::string> paths = std::exchange(paths_, {});
    lock.unlock();
    for (const std::string& path : paths) RemoveControlGroup(path);
    lock.lock();
  }
}

void GroupRemover::LetPathsGather(std::unique_lock<std::mutex>& lock) {
  for (auto left = kLongestGathering; left > left.zero() && !ending_; left -= kQuietTime) {
    const size_t before = paths_.size();
    changed_.wait_for(lock, kQuietTime, [this] { return ending_; });
    if (paths_.size() == before) return;
  }
}

}  // namespace hob
