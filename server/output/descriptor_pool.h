#ifndef HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
#define HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace hob {

// Counts the descriptors of one use, so that they stay within what the server has planned for that
// use however many daemons there are (RELIABILITY F10). Who needs one for a moment always gets one
// soon, because fewer than all are kept for longer.
//
// Thread-safe.
class DescriptorPool {
 public:
  // At most `most` at the same time, and at most `most_kept` of them by holders that look at
  // IsCrowded when they have no need of theirs.
  DescriptorPool(int most, int most_kept) : most_(most), most_kept_(most_kept) {}

  DescriptorPool(const DescriptorPool&) = delete;
  DescriptorPool& operator=(const DescriptorPool&) = delete;

  // Takes one, waiting for it for `patience` at the longest; false when there was none.
  bool Take(absl::Duration patience = absl::ZeroDuration()) ABSL_LOCKS_EXCLUDED(mu_) {
    const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return taken_ < most_; };
    absl::MutexLock lock(&mu_);
    if (!has_room() && !mu_.AwaitWithTimeout(absl::Condition(&has_room), patience)) return false;
    ++taken_;
    return true;
  }
  void Return() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    --taken_;
  }

  // Whether who holds one should return it as soon as it can.
  bool IsCrowded() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return taken_ > most_kept_;
  }

 private:
  const int most_;
  const int most_kept_;

  mutable absl::Mutex mu_;
  int taken_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
