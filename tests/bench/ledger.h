#ifndef HOB_TESTS_BENCH_LEDGER_H_
#define HOB_TESTS_BENCH_LEDGER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/ledger_layout.h"

namespace hob {
namespace bench {

// The benchmark's side of a ledger, in which every child records its start. Not thread-safe.
class Ledger {
 public:
  // Creates the file, for daemons 0 to `slots` - 1.
  static absl::StatusOr<std::unique_ptr<Ledger>> Create(const std::string& path, int slots);
  ~Ledger();

  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  const std::string& path() const { return path_; }
  int slots() const { return slots_; }

  // The number of starts of all daemons so far.
  int starts() const { return head().starts; }
  int StartsOf(int daemon) const { return slot(daemon).starts; }
  // The process id of the daemon's latest instance.
  pid_t PidOf(int daemon) const { return slot(daemon).pid; }
  // The start time of the daemon's latest instance; CLOCK_MONOTONIC, nanoseconds.
  int64_t StartedAt(int daemon) const { return slot(daemon).started; }
  // The latest start time of all daemons.
  int64_t LastStartedAt() const;

  // Blocks until `starts` starts have happened, and uses no processor time meanwhile.
  // DeadlineExceeded after `timeout`, with the number so far.
  absl::Status WaitForStarts(int starts, absl::Duration timeout);

 private:
  Ledger(std::string path, int slots, void* memory)
      : path_(std::move(path)), slots_(slots), memory_(memory) {}

  LedgerHead& head() const { return *static_cast<LedgerHead*>(memory_); }
  LedgerSlot& slot(int daemon) const { return LedgerSlots(memory_)[daemon]; }

  const std::string path_;
  const int slots_;
  void* const memory_;
};

}  // namespace bench
}  // namespace hob

#endif  // HOB_TESTS_BENCH_LEDGER_H_
