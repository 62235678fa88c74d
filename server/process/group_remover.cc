#include "server/process/group_remover.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "server/process/control_group.h"

namespace hob {
namespace {

// How long groups gather between two rounds: to wake up for each costs those who end the daemons.
constexpr std::chrono::milliseconds kGatherTime(5);

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
    const std::vector<std::string> paths = std::exchange(paths_, {});
    lock.unlock();
    for (const std::string& path : paths) RemoveControlGroup(path);
    lock.lock();
    changed_.wait_for(lock, kGatherTime, [this] { return ending_; });
  }
}

}  // namespace hob
