#include "server/supervisor/thread_memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace hob {
namespace {

constexpr uintptr_t kPage = 4096;

// Covers the frames of this file and of madvise(2) itself. A larger margin would often keep one
// more page for each thread.
#ifdef HOB_SANITIZER
constexpr uintptr_t kMargin = 8192;
#else
constexpr uintptr_t kMargin = 256;
#endif

char* PageAtOrAbove(const char* address) {
  return reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(address) + kPage - 1) & -kPage);
}

char* PageAtOrBelow(const char* address) {
  return reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(address) & -kPage);
}

bool IsZero(const char* page) {
  return std::all_of(page, page + kPage, [](char byte) { return byte == 0; });
}

void Release(char* begin, char* end) {
  if (begin < end) madvise(begin, end - begin, MADV_DONTNEED);
}

}  // namespace

ThreadMemory::ThreadMemory() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* lowest = nullptr;
  size_t size = 0;
  if (pthread_attr_getstack(&attributes, &lowest, &size) == 0) lowest_ = static_cast<char*>(lowest);
  pthread_attr_destroy(&attributes);
}

void ThreadMemory::ReleaseZeros() const {
  // The thread's descriptor lies at the upper end of its thread-local variables.
  const auto* const descriptor = reinterpret_cast<const char*>(pthread_self());
  char* begin = PageAtOrAbove(static_cast<const char*>(__builtin_frame_address(0)));
  char* const end = PageAtOrBelow(descriptor);
  while (begin < end) {
    char* after = begin;
    while (after < end && IsZero(after)) after += kPage;
    Release(begin, after);
    begin = after + kPage;
  }
}

void ThreadMemory::ReleaseDeadStack() const {
  if (lowest_ == nullptr) return;
  const auto* const frame = static_cast<const char*>(__builtin_frame_address(0));
  Release(PageAtOrAbove(lowest_), PageAtOrBelow(frame - kMargin));
}

}  // namespace hob
