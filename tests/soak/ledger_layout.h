// The layout of the ledger in which the instances of one daemon of the soak record their lives. The
// file is mapped, so that a record outlives a KILL. ledger.py reads it and has the same offsets.
#ifndef HOB_TESTS_SOAK_LEDGER_LAYOUT_H_
#define HOB_TESTS_SOAK_LEDGER_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hob {
namespace soak {

// The writers of numbered lines and their letters, which each line contains.
enum Writer {
  // The main process to stdout: 'o'.
  kMainOut,
  // The main process to stderr: 'e'.
  kMainErr,
  // A process started by the main process, to stdout: 'g'.
  kFamilyOut,
  kWriters,
};

enum Flag : int32_t {
  // Another instance of the daemon held the lock, which must never happen.
  kRefused = 1,
  // Handles TERM from here on; before, TERM ends the process.
  kArmed = 2,
  // A system call that never fails on a healthy machine failed; `value` is its errno(3).
  kBroken = 4,
  // kSaving: the helper got TERM and is saving. kSaved: it had time to finish.
  kSaving = 8,
  kSaved = 16,
};

// The intended end of an instance.
enum Intent : int32_t {
  // No intended end.
  kNone,
  // With the exit code `value`.
  kExit,
  // By the signal `value`, which the instance sends to itself.
  kSignal,
};

// One instance. Times are CLOCK_MONOTONIC, nanoseconds.
struct Instance {
  // Set last at the start.
  std::atomic<int32_t> pid;
  std::atomic<int32_t> flags;
  std::atomic<int64_t> started;
  // Set before the end, `intent` last.
  std::atomic<int64_t> ending;
  std::atomic<int32_t> value;
  std::atomic<int32_t> intent;
  // The number of lines of each writer, before and after the write(2). They differ if a KILL
  // interrupts a write.
  std::atomic<int64_t> begun[kWriters];
  std::atomic<int64_t> done[kWriters];
  char padding[48];
};
static_assert(sizeof(Instance) == 128, "ledger.py counts on it");

// The head of the file; the instances follow.
struct Head {
  // The number of instances so far. Each takes its place by incrementing it.
  std::atomic<int64_t> instances;
  // Set by the soak: instances write nothing to stdout and stderr while it is not 0.
  std::atomic<int32_t> paused;
  char padding[116];
};
static_assert(sizeof(Head) == 128, "ledger.py counts on it");

inline constexpr int kMaxInstances = 1 << 16;
inline constexpr size_t kLedgerBytes = sizeof(Head) + kMaxInstances * sizeof(Instance);

}  // namespace soak
}  // namespace hob

#endif  // HOB_TESTS_SOAK_LEDGER_LAYOUT_H_
