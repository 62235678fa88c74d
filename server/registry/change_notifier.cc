#include "server/registry/change_notifier.h"

#include <utility>

namespace hob {

ChangeNotifier::ChangeNotifier(Registry& registry) : registry_(registry) {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  changed_.WakeOne();
                });
}

ChangeNotifier::~ChangeNotifier() { registry_.CallAfter(0, nullptr); }

void ChangeNotifier::WakeAfter(int64_t sequence, std::shared_ptr<Waiter> waiter) {
  {
    MutexLock lock(&mu_);
    waiters_.insert(std::move(waiter));
    if (due_ || ended_) changed_.WakeOne();
  }
  registry_.CallAfter(sequence, [this] { WakeAll(); });
}

void ChangeNotifier::Forget(const std::shared_ptr<Waiter>& waiter) {
  MutexLock lock(&mu_);
  waiters_.erase(waiter);
}

void ChangeNotifier::WakeAll() {
  MutexLock lock(&mu_);
  due_ = true;
  changed_.WakeOne();
}

void ChangeNotifier::End() {
  MutexLock lock(&mu_);
  ended_ = true;
  changed_.WakeOne();
}

bool ChangeNotifier::ended() const {
  MutexLock lock(&mu_);
  return ended_;
}

void ChangeNotifier::Loop() {
  while (true) {
    absl::flat_hash_set<std::shared_ptr<Waiter>> woken;
    {
      MutexLock lock(&mu_);
      while (!thread_.ending() && (waiters_.empty() || !(due_ || ended_))) changed_.Wait(&mu_);
      if (thread_.ending()) return;
      due_ = false;
      woken.swap(waiters_);
    }
    for (const std::shared_ptr<Waiter>& waiter : woken) waiter->Wake();
  }
}

}  // namespace hob
