// What the children write and the benchmark reads, in a file that all of them have mapped.
#ifndef HOB_TESTS_BENCH_LEDGER_LAYOUT_H_
#define HOB_TESTS_BENCH_LEDGER_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace hob {
namespace bench {

// Of one daemon.
struct LedgerSlot {
  // CLOCK_MONOTONIC, nanoseconds, at the beginning of the latest instance's main.
  std::atomic<int64_t> started;
  // Process id of the latest instance; set after `started`.
  std::atomic<int32_t> pid;
  std::atomic<int32_t> starts;
};

// The beginning of the file; the slots follow.
struct LedgerHead {
  // Starts of all daemons. It is a futex: the child that makes it `awaited` wakes who waits for it.
  std::atomic<int32_t> starts;
  std::atomic<int32_t> awaited;
  // So that slots do not share a cache line with it.
  char padding[56];
};

// CLOCK_MONOTONIC, nanoseconds.
inline int64_t MonotonicNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

// How many bytes a ledger of `slots` slots has.
inline constexpr size_t LedgerBytes(size_t slots) {
  return sizeof(LedgerHead) + slots * sizeof(LedgerSlot);
}

inline LedgerSlot* LedgerSlots(void* ledger) {
  return reinterpret_cast<LedgerSlot*>(static_cast<char*>(ledger) + sizeof(LedgerHead));
}

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LEDGER_LAYOUT_H_
