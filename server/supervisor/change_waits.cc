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

std::set<std::string> ChangeWaits::WaitingFor(const std::string& name) const {
  if (count_ == 0) return {};
  MutexLock lock(&mu_);
  const auto found = waiting_.find(name);
  return found == waiting_.end() ? std::set<std::string>() : found->second;
}

void ChangeWaits::Changed(const std::string& name) {
  if (count_ == 0) return;
  const std::set<std::string> woken = WaitingFor(name);
  if (woken.empty()) return;
  Wake wake;
  {
    MutexLock lock(&mu_);
    wake = wake_;
  }
  if (!wake) return;
  for (const std::string& waiting : woken) wake(waiting);
}

}  // namespace hob
