#include "server/registry/change_notifier.h"

#include <utility>

namespace hob {

ChangeNotifier::ChangeNotifier(Registry& registry)
    : registry_(registry), thread_([this] { Loop(); }) {}

ChangeNotifier::~ChangeNotifier() {
  registry_.CallAfter(0, nullptr);
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
  }
  thread_.join();
}

void ChangeNotifier::WakeAfter(int64_t sequence, std::shared_ptr<Waiter> waiter) {
  {
    absl::MutexLock lock(&mu_);
    waiters_.insert(std::move(waiter));
  }
  registry_.CallAfter(sequence, [this] { WakeAll(); });
}

void ChangeNotifier::Forget(const std::shared_ptr<Waiter>& waiter) {
  absl::MutexLock lock(&mu_);
  waiters_.erase(waiter);
}

void ChangeNotifier::WakeAll() {
  absl::MutexLock lock(&mu_);
  due_ = true;
}

void ChangeNotifier::End() {
  absl::MutexLock lock(&mu_);
  ended_ = true;
}

bool ChangeNotifier::ended() const {
  absl::MutexLock lock(&mu_);
  return ended_;
}

void ChangeNotifier::Loop() {
  while (true) {
    absl::flat_hash_set<std::shared_ptr<Waiter>> woken;
    {
      const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return closing_ || ((due_ || ended_) && !waiters_.empty());
      };
      absl::MutexLock lock(&mu_, absl::Condition(&has_work));
      if (closing_) return;
      due_ = false;
      woken.swap(waiters_);
    }
    for (const std::shared_ptr<Waiter>& waiter : woken) waiter->Wake();
  }
}

}  // namespace hob
