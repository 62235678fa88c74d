// The daemon of the benchmark: child LEDGER INDEX [crash]. Records the start time of main, then
// waits for a signal or, with `crash`, exits at once with code 1.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "tests/bench/ledger_layout.h"

namespace {

// Records the start in the ledger. Returns false if the ledger cannot be written.
bool Note(const char* path, int index, int64_t started) {
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  void* const ledger =
      mmap(nullptr, hob::bench::LedgerBytes(index + 1), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (ledger == MAP_FAILED) return false;
  auto* const head = static_cast<hob::bench::LedgerHead*>(ledger);
  hob::bench::LedgerSlot& slot = hob::bench::LedgerSlots(ledger)[index];
  slot.started = started;
  slot.pid = getpid();
  ++slot.starts;
  if (++head->starts >= head->awaited) {
    syscall(SYS_futex, &head->starts, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
  close(fd);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t started = hob::bench::MonotonicNanos();
  if (argc < 3 || !Note(argv[1], atoi(argv[2]), started)) return 2;
  if (argc > 3) return 1;
  // TERM has its default action, and ends the process.
  for (;;) pause();
}
