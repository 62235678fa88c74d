#ifndef HOB_SERVER_MEMORY_TRIMMER_H_
#define HOB_SERVER_MEMORY_TRIMMER_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Gives memory that is free back to the kernel when it is quiet again after much has happened: what
// thousands of workers or hundreds of callers needed for a moment, the C library keeps otherwise.
// Tells when to wake up for it; without activity there is nothing to do, and nobody wakes up.
//
// NoteActivity is thread-safe, all else belongs to the one thread that waits for fd() and due().
class MemoryTrimmer {
 public:
  // It is quiet when nothing has happened for so long ...
  static constexpr absl::Duration kQuiet = absl::Seconds(1);
  // ... and between two trims, which cost milliseconds, is at least so long.
  static constexpr absl::Duration kInterval = absl::Seconds(5);

  MemoryTrimmer();

  // Something happens that takes memory. Cheap; a system call only for the first after a trim.
  void NoteActivity();

  // Readable (POLLIN) when activity has begun: then Look is to be called.
  int fd() const { return begun_.get(); }

  // Takes notice of activity.
  void Look(MonotonicTime now);

  // When TrimIfDue is to be called; InfiniteFuture: there is no need.
  MonotonicTime due() const { return due_; }

  // Trims when its time has come and nothing has happened since the last look. Returns whether it
  // did.
  bool TrimIfDue(MonotonicTime now);

 private:
  const UniqueFd begun_;
  // How often there was activity, and how much of that was looked at.
  std::atomic<int64_t> noted_{0};
  int64_t seen_ = 0;
  // Whether somebody has written to begun_ since the last trim.
  std::atomic<bool> told_{false};

  MonotonicTime due_ = MonotonicTime::InfiniteFuture();
  // The next trim comes no earlier.
  MonotonicTime earliest_;
};

}  // namespace hob

#endif  // HOB_SERVER_MEMORY_TRIMMER_H_
