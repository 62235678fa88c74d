// What the children of the soak write of themselves, in a file that each daemon has of its own. It
// is mapped, so that what was noted outlives a KILL; ledger.py reads it and has the same offsets.
#ifndef HOB_TESTS_SOAK_LEDGER_LAYOUT_H_
#define HOB_TESTS_SOAK_LEDGER_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hob {
namespace soak {

// Who writes numbered lines, and where to. The letter stands in each line.
enum Writer {
  // The main process to stdout: 'o'.
  kMainOut,
  // The main process to stderr: 'e'.
  kMainErr,
  // What the main process has started, to stdout: 'g'.
  kFamilyOut,
  kWriters,
};

enum Flag : int32_t {
  // Another instance of the daemon had the lock: the one thing that must never be.
  kRefused = 1,
  // Handles TERM from here on; before, TERM ends it.
  kArmed = 2,
  // Something that cannot fail on a sound machine failed; `value` is its errno.
  kBroken = 4,
  // Its helper got TERM and saves something, and was given the time to finish that.
  kSaving = 8,
  kSaved = 16,
};

// How an instance meant to end.
enum Intent : int32_t {
  // It did not mean to.
  kNone,
  // With the exit code `value`.
  kExit,
  // By the signal `value`, which it sent itself.
  kSignal,
};

// One instance. Times are CLOCK_MONOTONIC, nanoseconds.
struct Instance {
  // Set last of what its start notes.
  std::atomic<int32_t> pid;
  std::atomic<int32_t> flags;
  std::atomic<int64_t> started;
  // Set before it ends, `intent` last.
  std::atomic<int64_t> ending;
  std::atomic<int32_t> value;
  std::atomic<int32_t> intent;
  // Lines of each writer: those that it has begun to write, and those that the kernel has taken. A
  // write that is cut short by a KILL is the difference.
  std::atomic<int64_t> begun[kWriters];
  std::atomic<int64_t> done[kWriters];
  char padding[48];
};
static_assert(sizeof(Instance) == 128, "ledger.py counts on it");

// The beginning of the file; the instances follow.
struct Head {
  // How many instances there were. Each takes its place by counting itself.
  std::atomic<int64_t> instances;
  // Set from outside: nothing is written to stdout and stderr while it is not 0.
  std::atomic<int32_t> paused;
  char padding[116];
};
static_assert(sizeof(Head) == 128, "ledger.py counts on it");

inline constexpr int kMaxInstances = 1 << 16;
inline constexpr size_t kLedgerBytes = sizeof(Head) + kMaxInstances * sizeof(Instance);

}  // namespace soak
}  // namespace hob

#endif  // HOB_TESTS_SOAK_LEDGER_LAYOUT_H_
