#ifndef HOB_SERVER_SYNC_MUTEX_H_
#define HOB_SERVER_SYNC_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace hob {

// A mutex for what every worker locks: who has to wait sleeps in the kernel until it is let in.
//
// absl::Mutex is the better one where few threads meet. When many do, those that wait for its inner
// lock call sched_yield(2) or sleep for 10 us, again and again; with a thousand of them the thread
// that holds that lock may get no processor for a minute while all others ask whether it is done
// (seen on Linux 6.18 at a boot).
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  // Returns whether it is held now. The thread does not hold it already.
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return mu_.try_lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

// Holds a mutex from its making to its end.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

}  // namespace hob

#endif  // HOB_SERVER_SYNC_MUTEX_H_
