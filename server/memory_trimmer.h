#ifndef HOB_SERVER_MEMORY_TRIMMER_H_
#define HOB_SERVER_MEMORY_TRIMMER_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "server/clock/clock.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Returns free memory to the kernel once activity has ceased; otherwise the C library would keep
// memory that thousands of workers or hundreds of callers needed briefly. Tells when to wake up for
// that; without activity there are no wake-ups.
//
// NoteActivity is thread-safe; the rest belongs to the thread that waits for fd() and due().
class MemoryTrimmer {
 public:
  // Time without activity after which it trims.
  static constexpr absl::Duration kQuiet = absl::Seconds(1);
  // Minimum time between two trims, which cost milliseconds.
  static constexpr absl::Duration kInterval = absl::Seconds(5);

  MemoryTrimmer();

  // Records activity that takes memory. Cheap: makes a system call only on the first activity after
  // a trim.
  void NoteActivity();

  // Readable (POLLIN) after the first activity; call Look then.
  int fd() const { return begun_.get(); }

  // Registers recorded activity.
  void Look(MonotonicTime now);

  // Returns when to call TrimIfDue; InfiniteFuture if there is no need.
  MonotonicTime due() const { return due_; }

  // Trims if the time has come and there was no activity since the last Look. Returns true if it
  // trimmed.
  bool TrimIfDue(MonotonicTime now);

 private:
  const UniqueFd begun_;
  // Count of activities, and how many of them Look has seen.
  std::atomic<int64_t> noted_{0};
  int64_t seen_ = 0;
  // True if begun_ was written since the last trim.
  std::atomic<bool> signaled_{false};

  MonotonicTime due_ = MonotonicTime::InfiniteFuture();
  // Earliest time of the next trim.
  MonotonicTime earliest_;
};

}  // namespace hob

#endif  // HOB_SERVER_MEMORY_TRIMMER_H_
