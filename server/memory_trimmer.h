#ifndef HOB_SERVER_MEMORY_TRIMMER_H_
#define HOB_SERVER_MEMORY_TRIMMER_H_

#include "absl/time/time.h"
#include "server/clock/clock.h"

namespace hob {

// Gives memory that is free back to the kernel when it is quiet again after much has happened: what
// thousands of workers needed for a moment, all at once, the C library keeps otherwise. Tells when
// to wake up for it; without activity there is nothing to do, and nobody wakes up.
//
// Not thread-safe.
class MemoryTrimmer {
 public:
  // It is quiet when nothing has happened for so long ...
  static constexpr absl::Duration kQuiet = absl::Seconds(1);
  // ... and between two trims, which cost milliseconds, is at least so long.
  static constexpr absl::Duration kInterval = absl::Seconds(10);

  void NoteActivity(MonotonicTime now);

  // When it is time to trim; InfiniteFuture: there is no need.
  MonotonicTime due() const { return due_; }

  // Trims when its time has come. Returns whether it did.
  bool TrimIfDue(MonotonicTime now);

 private:
  MonotonicTime due_ = MonotonicTime::InfiniteFuture();
  // The next trim comes no earlier.
  MonotonicTime earliest_;
};

}  // namespace hob

#endif  // HOB_SERVER_MEMORY_TRIMMER_H_
