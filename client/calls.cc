#include "client/calls.h"

namespace hob {
namespace client {

void CallCounter::OneEnded() {
  absl::MutexLock lock(&mutex_);
  ++ended_;
}

void CallCounter::WaitFor(int total, const Progress& progress) {
  int told = 0;
  while (told < total) {
    {
      absl::MutexLock lock(&mutex_);
      const auto more_ended = [this, told]()
                                  ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ > told; };
      mutex_.Await(absl::Condition(&more_ended));
      told = ended_;
    }
    progress(told);
  }
}

}  // namespace client
}  // namespace hob
