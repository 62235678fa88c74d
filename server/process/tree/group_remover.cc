#include "server/process/tree/group_remover.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "server/process/tree/control_group.h"

namespace hob {
namespace {

// Removal starts after no group has arrived for this long, because workers that are still ending
// daemons need the processors and the kernel's lock.
constexpr std::chrono::milliseconds kQuietTime(2);
// Maximum time that groups are collected.
constexpr std::chrono::milliseconds kLongestGathering(500);

}  // namespace

GroupRemover::~GroupRemover() {
  thread_.End();
  for (const std::string& path : paths_) RemoveControlGroup(path);
}

void GroupRemover::RemoveSoon(std::string path) {
  MutexLock lock(&mu_);
  paths_.push_back(std::move(path));
  if (paths_.size() == 1) changed_.WakeOne();
  if (thread_.started()) return;
  try {
    thread_.Start([this] { Loop(); },
                  [this] {
                    MutexLock lock_to_wake(&mu_);
                    changed_.WakeOne();
                  });
  } catch (const std::system_error&) {
  }
}

void GroupRemover::Loop() {
  while (true) {
    const std::vector<std::string> paths = TakePaths();
    if (paths.empty()) return;
    for (const std::string& path : paths) RemoveControlGroup(path);
  }
}

std::vector<std::string> GroupRemover::TakePaths() {
  MutexLock lock(&mu_);
  while (!thread_.ending() && paths_.empty()) changed_.Wait(&mu_);
  const CondVar::Deadline longest = CondVar::In(kLongestGathering);
  size_t before;
  do {
    before = paths_.size();
    const CondVar::Deadline quiet = std::min(longest, CondVar::In(kQuietTime));
    while (!thread_.ending() && changed_.WaitUntil(&mu_, quiet)) continue;
  } while (paths_.size() > before);
  return std::exchange(paths_, {});
}

}  // namespace hob
