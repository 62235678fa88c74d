#ifndef HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_
#define HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "server/registry/registry.h"
#include "server/sync/background_thread.h"
#include "server/sync/mutex.h"

namespace hob {

// Wakes those who follow the registry when there is more, on one thread for all of them: a worker
// that publishes sets a flag, and changes that come while the thread is busy are told together.
//
// Thread-safe; one notifier a registry. The registry outlives it, and it outlives those that
// publish there.
class ChangeNotifier {
 public:
  // Waits for a change.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Called once for each WakeAfter, on the notifier's thread and without a lock. Must not block.
    virtual void Wake() = 0;
  };

  explicit ChangeNotifier(Registry& registry);
  // Wakes no waiter any more.
  ~ChangeNotifier();

  ChangeNotifier(const ChangeNotifier&) = delete;
  ChangeNotifier& operator=(const ChangeNotifier&) = delete;

  // Wakes `waiter` once when there is a change after the number `sequence`, or earlier. After End:
  // soon.
  void WakeAfter(int64_t sequence, std::shared_ptr<Waiter> waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Drops `waiter`; it may be waking up already.
  void Forget(const std::shared_ptr<Waiter>& waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Wakes all that wait now.
  void WakeAll() ABSL_LOCKS_EXCLUDED(mu_);

  // Says that the server ends, and wakes all waiters, from now on at once.
  void End() ABSL_LOCKS_EXCLUDED(mu_);
  bool ended() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);

  Registry& registry_;

  mutable Mutex mu_;
  CondVar changed_;
  absl::flat_hash_set<std::shared_ptr<Waiter>> waiters_ ABSL_GUARDED_BY(mu_);
  // True if there is a change that the waiters have not been told of.
  bool due_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_
