#include "server/supervisor/thread_memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <thread>

#include "gmock/gmock.h"

namespace hob {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 16;

// Like the thread-local buffer of glog, but larger.
thread_local char local[kPages * kPage];

// Returns the number of pages in memory, of those that lie wholly in [begin, begin + size).
size_t PagesInMemory(const char* begin, size_t size) {
  const auto first = (reinterpret_cast<uintptr_t>(begin) + kPage - 1) & -kPage;
  const auto end = reinterpret_cast<uintptr_t>(begin + size) & -kPage;
  unsigned char resident[kPages] = {};
  if (mincore(reinterpret_cast<void*>(first), end - first, resident) != 0) return ~size_t{0};
  size_t count = 0;
  for (const unsigned char page : resident) count += page & 1;
  return count;
}

// Runs `body` in its own thread and waits for it.
template <typename Body>
void OnThread(Body body) {
  std::thread(body).join();
}

TEST(ThreadMemoryTest, ThreadLocalZerosTakeNoMemory) {
  OnThread([] {
    EXPECT_GE(PagesInMemory(local, sizeof(local)), kPages - 1);
    ThreadMemory().ReleaseZeros();
    EXPECT_EQ(PagesInMemory(local, sizeof(local)), 0);
  });
}

TEST(ThreadMemoryTest, WhatIsNotZeroStays) {
  OnThread([] {
    memset(local, 'x', 1);
    memset(local + sizeof(local) / 2, 'y', 1);
    ThreadMemory().ReleaseZeros();
    EXPECT_EQ(local[0], 'x');
    EXPECT_EQ(local[1], 0);
    EXPECT_EQ(local[sizeof(local) / 2], 'y');
    EXPECT_LE(PagesInMemory(local, sizeof(local)), 1);
    // The memory remains usable.
    memset(local, 'z', sizeof(local));
    ThreadMemory().ReleaseZeros();
    EXPECT_EQ(local[sizeof(local) - 1], 'z');
    EXPECT_GE(PagesInMemory(local, sizeof(local)), kPages - 1);
  });
}

// Fills `kPages` pages of stack and stores their address in `where`.
__attribute__((noinline)) void GoDeep(uintptr_t& where) {
  volatile char deep[kPages * kPage];
  for (size_t i = 0; i < sizeof(deep); i += 64) deep[i] = 'd';
  where = reinterpret_cast<uintptr_t>(deep);
}

TEST(ThreadMemoryTest, StackOfCallsThatReturnedTakesNoMemory) {
  OnThread([] {
    const ThreadMemory memory;
    volatile int kept = 4711;
    uintptr_t where = 0;
    GoDeep(where);
    const auto* const deep = reinterpret_cast<const char*>(where);
    // Leaves out the pages next to the present frame, which are not released.
    const size_t size = (kPages - 2) * kPage;
    EXPECT_GE(PagesInMemory(deep, size), kPages - 3);
    memory.ReleaseDeadStack();
    EXPECT_EQ(PagesInMemory(deep, size), 0);
    EXPECT_EQ(kept, 4711);
    GoDeep(where);
  });
}

}  // namespace
}  // namespace hob
