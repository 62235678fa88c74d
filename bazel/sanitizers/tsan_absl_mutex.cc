// Annotates absl::Mutex for ThreadSanitizer. Debian's Abseil is not instrumented: without this
// file, every access that a Mutex guards is reported as a race. These definitions override the
// library's in the whole program (its shared libraries included), announce the operation and pass
// the call on.
//
// Members with a timeout need no definition, because the library's call those with a deadline.
// ReaderLockWhen is missing.
//
// ThreadSanitizer ignores what a thread does between the two halves of an announcement, which
// covers the Conditions that Abseil evaluates on behalf of other threads while it holds the Mutex.
// Notification::HasBeenNotified is inline and thus out of reach: a program that synchronises by it
// alone is still reported.

// Empty in programs that are not instrumented (bazel/uninstrumented.bzl).
#ifdef __SANITIZE_THREAD__

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

// Returns the library's definition of a function of type Function with the symbol `mangled`. Aborts
// if there is none, in which case this file does not fit the installed Abseil.
template <typename Function>
Function* Next(const char* mangled) {
  void* next = dlsym(RTLD_NEXT, mangled);
  if (next == nullptr) __builtin_trap();
  return reinterpret_cast<Function*>(next);
}

constexpr unsigned kWrite = __tsan_mutex_linker_init;
constexpr unsigned kRead = __tsan_mutex_linker_init | __tsan_mutex_read_lock;
constexpr unsigned kTry = __tsan_mutex_try_lock;

unsigned FailedUnless(bool locked) { return locked ? 0 : __tsan_mutex_try_lock_failed; }

// Announces that `mutex` is released during a wait and held again after it.
class ReleasedMeanwhile {
 public:
  explicit ReleasedMeanwhile(void* mutex) : mutex_(mutex) {
    __tsan_mutex_pre_unlock(mutex_, kWrite);
    __tsan_mutex_post_unlock(mutex_, kWrite);
    __tsan_mutex_pre_lock(mutex_, kWrite);
  }
  ~ReleasedMeanwhile() { __tsan_mutex_post_lock(mutex_, kWrite, 0); }
  ReleasedMeanwhile(const ReleasedMeanwhile&) = delete;
  ReleasedMeanwhile& operator=(const ReleasedMeanwhile&) = delete;

 private:
  void* mutex_;
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  static const auto next = Next<void(Mutex*)>("_ZN4absl7debian35MutexD1Ev");
  __tsan_mutex_destroy(this, 0);
  next(this);
}

void Mutex::Lock() {
  static const auto next = Next<void(Mutex*)>("_ZN4absl7debian35Mutex4LockEv");
  __tsan_mutex_pre_lock(this, kWrite);
  next(this);
  __tsan_mutex_post_lock(this, kWrite, 0);
}

void Mutex::Unlock() {
  static const auto next = Next<void(Mutex*)>("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_mutex_pre_unlock(this, kWrite);
  next(this);
  __tsan_mutex_post_unlock(this, kWrite);
}

bool Mutex::TryLock() {
  static const auto next = Next<bool(Mutex*)>("_ZN4absl7debian35Mutex7TryLockEv");
  __tsan_mutex_pre_lock(this, kWrite | kTry);
  const bool locked = next(this);
  __tsan_mutex_post_lock(this, kWrite | kTry | FailedUnless(locked), 0);
  return locked;
}

void Mutex::ReaderLock() {
  static const auto next = Next<void(Mutex*)>("_ZN4absl7debian35Mutex10ReaderLockEv");
  __tsan_mutex_pre_lock(this, kRead);
  next(this);
  __tsan_mutex_post_lock(this, kRead, 0);
}

void Mutex::ReaderUnlock() {
  static const auto next = Next<void(Mutex*)>("_ZN4absl7debian35Mutex12ReaderUnlockEv");
  __tsan_mutex_pre_unlock(this, kRead);
  next(this);
  __tsan_mutex_post_unlock(this, kRead);
}

bool Mutex::ReaderTryLock() {
  static const auto next = Next<bool(Mutex*)>("_ZN4absl7debian35Mutex13ReaderTryLockEv");
  __tsan_mutex_pre_lock(this, kRead | kTry);
  const bool locked = next(this);
  __tsan_mutex_post_lock(this, kRead | kTry | FailedUnless(locked), 0);
  return locked;
}

void Mutex::LockWhen(const Condition& condition) {
  static const auto next =
      Next<void(Mutex*, const Condition&)>("_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE");
  __tsan_mutex_pre_lock(this, kWrite);
  next(this, condition);
  __tsan_mutex_post_lock(this, kWrite, 0);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static const auto next = Next<bool(Mutex*, const Condition&, Time)>(
      "_ZN4absl7debian35Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_mutex_pre_lock(this, kWrite);
  const bool holds = next(this, condition, deadline);
  __tsan_mutex_post_lock(this, kWrite, 0);
  return holds;
}

void Mutex::Await(const Condition& condition) {
  static const auto next =
      Next<void(Mutex*, const Condition&)>("_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE");
  const ReleasedMeanwhile announced(this);
  next(this, condition);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static const auto next = Next<bool(Mutex*, const Condition&, Time)>(
      "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const ReleasedMeanwhile announced(this);
  return next(this, condition, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  static const auto next =
      Next<void(CondVar*, Mutex*)>("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  const ReleasedMeanwhile announced(mutex);
  next(this, mutex);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto next = Next<bool(CondVar*, Mutex*, Time)>(
      "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const ReleasedMeanwhile announced(mutex);
  return next(this, mutex, deadline);
}

void Notification::Notify() {
  static const auto next = Next<void(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  next(this);
}

void Notification::WaitForNotification() const {
  static const auto next =
      Next<void(const Notification*)>("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  next(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static const auto next = Next<bool(const Notification*, Duration)>(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = next(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool BlockingCounter::DecrementCount() {
  static const auto next =
      Next<bool(BlockingCounter*)>("_ZN4absl7debian315BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return next(this);
}

void BlockingCounter::Wait() {
  static const auto next = Next<void(BlockingCounter*)>("_ZN4absl7debian315BlockingCounter4WaitEv");
  next(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl

#endif  // __SANITIZE_THREAD__
