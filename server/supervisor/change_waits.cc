#include "server/supervisor/change_waits.h"

#include <utility>

namespace hob {

void ChangeWaits::SetWake(Wake wake) {
  MutexLock lock(&mu_);
  wake_ = std::move(wake);
}

void ChangeWaits::Await(const std::string& name, std::set<std::string> others) {
  if (others.empty() && count_ == 0) return;
  MutexLock lock(&mu_);
  for (const std::string& other : awaited_[name]) {
    const auto found = waiting_.find(other);
    if (found == waiting_.end()) continue;
    found->second.erase(name);
    if (found->second.empty()) waiting_.erase(found);
  }
  for (const std::string& other : others) waiting_[other].insert(name);
  if (others.empty()) {
    awaited_.erase(name);
  } else {
    awaited_[name] = std::move(others);
  }
  count_ = static_cast<int>(awaited_.size());
}

void ChangeWaits::Changed(const std::string& name) {
  if (count_ == 0) return;
  std::set<std::string> woken;
  Wake wake;
  {
    MutexLock lock(&mu_);
    const auto found = waiting_.find(name);
    if (found == waiting_.end()) return;
    woken = found->second;
    wake = wake_;
  }
  if (!wake) return;
  for (const std::string& waiting : woken) wake(waiting);
}

}  // namespace hob
