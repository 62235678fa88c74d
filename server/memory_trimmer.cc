#include "server/memory_trimmer.h"

#include <malloc.h>

#include <algorithm>

namespace hob {

void MemoryTrimmer::NoteActivity(MonotonicTime now) { due_ = std::max(now + kQuiet, earliest_); }

bool MemoryTrimmer::TrimIfDue(MonotonicTime now) {
  if (now < due_) return false;
  malloc_trim(0);
  due_ = MonotonicTime::InfiniteFuture();
  earliest_ = now + kInterval;
  return true;
}

}  // namespace hob
