#ifndef HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
#define HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace hob {

// Counts the descriptors of one use, so that they stay within what the server has planned for that
// use however many daemons there are. Who needs one for a moment always gets one
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

  // Takes one, waiting for it for `patience` at the longest, which is no more than years; false
  // when there was none.
  bool Take(absl::Duration patience = absl::ZeroDuration()) {
    std::unique_lock<std::mutex> lock(mu_);
    const auto has_room = [this] { return taken_ < most_; };
    if (!returned_.wait_for(lock, absl::ToChronoNanoseconds(patience), has_room)) return false;
    ++taken_;
    return true;
  }
  void Return() {
    {
      const std::lock_guard<std::mutex> lock(mu_);
      --taken_;
    }
    returned_.notify_one();
  }

  // Whether who holds one should return it as soon as it can.
  bool IsCrowded() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return taken_ > most_kept_;
  }

 private:
  const int most_;
  const int most_kept_;

  // Not absl's: workers wait here, and its timed waits are on the wall clock, which may be set.
  mutable std::mutex mu_;
  std::condition_variable returned_;
  // Guarded by mu_.
  int taken_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_DESCRIPTOR_POOL_H_
