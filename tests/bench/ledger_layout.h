// The layout of a mapped file that the children write and the benchmark reads.
#ifndef HOB_TESTS_BENCH_LEDGER_LAYOUT_H_
#define HOB_TESTS_BENCH_LEDGER_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace hob {
namespace bench {

// The record of one daemon.
struct LedgerSlot {
  // The time at the beginning of the latest instance's main; CLOCK_MONOTONIC, nanoseconds.
  std::atomic<int64_t> started;
  // Process id of the latest instance; set after `started`.
  std::atomic<int32_t> pid;
  std::atomic<int32_t> starts;
};

// The head of the file; the slots follow.
struct LedgerHead {
  // The number of starts of all daemons. A futex(2): the child that raises it to `awaited` wakes
  // the waiter.
  std::atomic<int32_t> starts;
  std::atomic<int32_t> awaited;
  // Keeps the slots off this cache line.
  char padding[56];
};

// Returns CLOCK_MONOTONIC, nanoseconds.
inline int64_t MonotonicNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

// Returns the size of a ledger of `slots` slots, bytes.
inline constexpr size_t LedgerBytes(size_t slots) {
  return sizeof(LedgerHead) + slots * sizeof(LedgerSlot);
}

inline LedgerSlot* LedgerSlots(void* ledger) {
  return reinterpret_cast<LedgerSlot*>(static_cast<char*>(ledger) + sizeof(LedgerHead));
}

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LEDGER_LAYOUT_H_
