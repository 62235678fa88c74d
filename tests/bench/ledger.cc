#include "tests/bench/ledger.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace bench {

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Create(const std::string& path, int slots) {
  const UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.ok() || ftruncate(fd.get(), LedgerBytes(slots)) != 0) {
    return absl::ErrnoToStatus(errno, path);
  }
  void* const memory =
      mmap(nullptr, LedgerBytes(slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return absl::ErrnoToStatus(errno, path);
  return std::unique_ptr<Ledger>(new Ledger(path, slots, memory));
}

Ledger::~Ledger() {
  munmap(memory_, LedgerBytes(slots_));
  unlink(path_.c_str());
}

int64_t Ledger::LastStartedAt() const {
  int64_t last = 0;
  for (int i = 0; i < slots_; ++i) last = std::max(last, StartedAt(i));
  return last;
}

absl::Status Ledger::WaitForStarts(int starts, absl::Duration timeout) {
  const int64_t deadline = MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  head().awaited = starts;
  while (true) {
    int32_t seen = head().starts;
    if (seen >= starts) return absl::OkStatus();
    const int64_t left = deadline - MonotonicNanos();
    if (left <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat(seen, " of ", starts, " starts after ", absl::FormatDuration(timeout)));
    }
    const timespec bound = absl::ToTimespec(absl::Nanoseconds(left));
    syscall(SYS_futex, &head().starts, FUTEX_WAIT, seen, &bound, nullptr, 0);
  }
}

}  // namespace bench
}  // namespace hob
