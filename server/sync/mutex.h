#ifndef HOB_SERVER_SYNC_MUTEX_H_
#define HOB_SERVER_SYNC_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace hob {

// A mutex whose waiters sleep in the kernel until they get it. Meant for locks that every worker
// takes.
//
// absl::Mutex is better if few threads contend. If many do, those that wait for its inner lock call
// sched_yield(2) or sleep for 10 us again and again; with a thousand of them, the holder of that
// lock may get no processor for a minute (seen on Linux 6.18 at a boot). ThreadSanitizer also
// cannot see into it, and its timed waits use the wall clock, which may be set.
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

// Holds a mutex during its lifetime.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

// Lets threads wait, with the mutex released, for others to change the state that it guards. A wait
// may end spuriously: call it in a loop that checks the condition. All concurrent waits use the
// same mutex.
class CondVar {
 public:
  // A time on CLOCK_MONOTONIC, which cannot be set.
  using Deadline = std::chrono::steady_clock::time_point;

  // Returns the time `after` from now, or the latest possible time if that is out of range.
  static Deadline In(std::chrono::nanoseconds after) {
    const Deadline now = std::chrono::steady_clock::now();
    return after < Deadline::max() - now ? now + after : Deadline::max();
  }

  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex* mu) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    std::unique_lock<std::mutex> lock(mu->mu_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();
  }

  // Returns false if the deadline has passed.
  bool WaitUntil(Mutex* mu, Deadline deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    std::unique_lock<std::mutex> lock(mu->mu_, std::adopt_lock);
    const bool in_time = changed_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }

  void WakeOne() { changed_.notify_one(); }
  void WakeAll() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace hob

#endif  // HOB_SERVER_SYNC_MUTEX_H_
