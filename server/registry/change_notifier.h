#ifndef HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_
#define HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "server/registry/registry.h"

namespace hob {

// Tells those who follow the registry that there is more, on one thread for all of them: a worker
// that publishes sets a flag, and changes that come while the thread is busy are told together.
//
// Thread-safe; one notifier a registry. The registry outlives it, and it outlives whoever publishes
// there.
class ChangeNotifier {
 public:
  // Somebody who waits for a change.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Called once for each WakeAfter, on the notifier's thread and without a lock. Must not block.
    virtual void Wake() = 0;
  };

  explicit ChangeNotifier(Registry& registry);
  // Wakes nobody any more.
  ~ChangeNotifier();

  ChangeNotifier(const ChangeNotifier&) = delete;
  ChangeNotifier& operator=(const ChangeNotifier&) = delete;

  // Wakes `waiter` when there is a change after the number `sequence`, or earlier. After End: soon.
  void WakeAfter(int64_t sequence, std::shared_ptr<Waiter> waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Lets go of `waiter`; it may be waking up already.
  void Forget(const std::shared_ptr<Waiter>& waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Wakes everybody who waits now.
  void WakeAll() ABSL_LOCKS_EXCLUDED(mu_);

  // Says that the server ends and wakes everybody, from now on at once.
  void End() ABSL_LOCKS_EXCLUDED(mu_);
  bool ended() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);

  Registry& registry_;

  mutable absl::Mutex mu_;
  absl::flat_hash_set<std::shared_ptr<Waiter>> waiters_ ABSL_GUARDED_BY(mu_);
  // Whoever waits is to be woken.
  bool due_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  // The thread is to end.
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_
