#ifndef HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
#define HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/sync/mutex.h"

namespace hob {

// Limits how many descriptors are open for one purpose, however many daemons there are. Some of
// them are reserved for short use, so a thread that needs one briefly gets one soon.
//
// Thread-safe.
class DescriptorPool {
 public:
  // Allows `max` descriptors at a time. Holders that keep theirs while idle check IsCrowded, which
  // turns true above `max_kept`.
  DescriptorPool(int max, int max_kept) : max_(max), max_kept_(max_kept) {}

  DescriptorPool(const DescriptorPool&) = delete;
  DescriptorPool& operator=(const DescriptorPool&) = delete;

  // Takes a descriptor, waiting up to `timeout`. Returns false if none became free.
  bool Take(absl::Duration timeout = absl::ZeroDuration()) ABSL_LOCKS_EXCLUDED(mu_) {
    const CondVar::Deadline deadline = CondVar::In(absl::ToChronoNanoseconds(timeout));
    MutexLock lock(&mu_);
    while (taken_ >= max_ && returned_.WaitUntil(&mu_, deadline)) continue;
    if (taken_ >= max_) return false;
    ++taken_;
    return true;
  }
  void Return() ABSL_LOCKS_EXCLUDED(mu_) {
    {
      MutexLock lock(&mu_);
      --taken_;
    }
    returned_.WakeOne();
  }

  // True if holders should return idle descriptors as soon as they can.
  bool IsCrowded() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return taken_ > max_kept_;
  }

 private:
  const int max_;
  const int max_kept_;

  mutable Mutex mu_;
  CondVar returned_;
  int taken_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
