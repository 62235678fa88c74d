#include "server/memory_trimmer.h"

#include <malloc.h>
#include <sys/eventfd.h>

#include <algorithm>

namespace hob {

MemoryTrimmer::MemoryTrimmer() : begun_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void MemoryTrimmer::NoteActivity() {
  ++noted_;
  if (!told_ && !told_.exchange(true)) eventfd_write(fd(), 1);
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
  // Whoever notes something from here on tells of it; what came just before is still to be seen.
  told_ = false;
  Look(now);
  return true;
}

}  // namespace hob
