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

// Wakes followers of the registry on new changes, on one thread for all of them. A publishing
// worker only sets a flag; changes that come while the thread is busy cause one wake-up.
//
// Thread-safe. One notifier per registry. The registry outlives the notifier, which outlives all
// publishers.
class ChangeNotifier {
 public:
  // A follower waiting for a change.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Called once for each WakeAfter, on the notifier's thread and without a lock. Must not block.
    virtual void Wake() = 0;
  };

  explicit ChangeNotifier(Registry& registry);
  // Stops waking waiters.
  ~ChangeNotifier();

  ChangeNotifier(const ChangeNotifier&) = delete;
  ChangeNotifier& operator=(const ChangeNotifier&) = delete;

  // Wakes `waiter` once when there is a change after the number `sequence`; it may also wake
  // earlier. After End, wakes it soon.
  void WakeAfter(int64_t sequence, std::shared_ptr<Waiter> waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Removes `waiter`; its Wake may still be running.
  void Forget(const std::shared_ptr<Waiter>& waiter) ABSL_LOCKS_EXCLUDED(mu_);

  // Wakes all current waiters.
  void WakeAll() ABSL_LOCKS_EXCLUDED(mu_);

  // Marks the end of the server: wakes all waiters, and later ones at once.
  void End() ABSL_LOCKS_EXCLUDED(mu_);
  bool ended() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);

  Registry& registry_;

  mutable Mutex mu_;
  CondVar changed_;
  absl::flat_hash_set<std::shared_ptr<Waiter>> waiters_ ABSL_GUARDED_BY(mu_);
  // True if the waiters have not yet been woken for a change.
  bool due_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_REGISTRY_CHANGE_NOTIFIER_H_
