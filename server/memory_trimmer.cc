#include "server/memory_trimmer.h"

#include <malloc.h>
#include <sys/eventfd.h>

#include <algorithm>

namespace hob {

MemoryTrimmer::MemoryTrimmer() : begun_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void MemoryTrimmer::NoteActivity() {
  ++noted_;
  if (!signaled_ && !signaled_.exchange(true)) eventfd_write(fd(), 1);
}

void MemoryTrimmer::Look(MonotonicTime now) {
  eventfd_t begun = 0;
  eventfd_read(fd(), &begun);
  const int64_t noted = noted_;
  if (noted == seen_) return;
  seen_ = noted;
  due_ = std::max(now + kQuiet, earliest_);
}

bool MemoryTrimmer::TrimIfDue(MonotonicTime now) {
  if (now < due_) return false;
  Look(now);
  if (now < due_) return false;
  due_ = MonotonicTime::InfiniteFuture();
  earliest_ = now + kInterval;
  malloc_trim(0);
  // Activity from here on signals begun_ again; Look catches activity just before.
  signaled_ = false;
  Look(now);
  return true;
}

}  // namespace hob
