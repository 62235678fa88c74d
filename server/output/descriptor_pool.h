#ifndef HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
#define HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/sync/mutex.h"

namespace hob {

// Counts the descriptors of one use, so that they stay within what the server has planned for that
// use however many daemons there are. A thread that needs one for a moment gets one soon, because
// fewer than all are kept for longer.
//
// Thread-safe.
class DescriptorPool {
 public:
  // At most `most` at the same time, and at most `most_kept` of them by holders that look at
  // IsCrowded when they have no need of theirs.
  DescriptorPool(int most, int most_kept) : most_(most), most_kept_(most_kept) {}

  DescriptorPool(const DescriptorPool&) = delete;
  DescriptorPool& operator=(const DescriptorPool&) = delete;

  // Takes one, waiting for it for `patience` at the longest. Returns false if there was none.
  bool Take(absl::Duration patience = absl::ZeroDuration()) ABSL_LOCKS_EXCLUDED(mu_) {
    const CondVar::Deadline deadline = CondVar::In(absl::ToChronoNanoseconds(patience));
    MutexLock lock(&mu_);
    while (taken_ >= most_ && returned_.WaitUntil(&mu_, deadline)) continue;
    if (taken_ >= most_) return false;
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

  // True if holders should return theirs as soon as they can.
  bool IsCrowded() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return taken_ > most_kept_;
  }

 private:
  const int most_;
  const int most_kept_;

  mutable Mutex mu_;
  CondVar returned_;
  int taken_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
