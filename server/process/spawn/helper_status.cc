#include "server/process/spawn/helper_status.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "server/clock/clock.h"
#include "server/posix/pidfd.h"

namespace hob {
namespace {

// Waits until one of the two is ready. Returns 0, or the errno(3) of what is in the way: ETIMEDOUT
// when the time is over.
int WaitForEither(int status_fd, int pidfd, MonotonicTime deadline) {
  struct pollfd pollers[] = {{status_fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
  for (;;) {
    const absl::Duration left =
        std::max(deadline - Clock::Real().Now().monotonic, absl::ZeroDuration());
    const struct timespec timeout = absl::ToTimespec(left);
    const int ready = ppoll(pollers, 2, &timeout, nullptr);
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

// Reads what the helper has said; kNone: nothing.
SpawnStep ReadStep(int status_fd) {
  SpawnStep step;
  ssize_t size = 0;
  do {
    size = read(status_fd, &step, sizeof(step));
  } while (size < 0 && errno == EINTR);
  // One write of a few bytes: it is there whole or not at all.
  if (size == static_cast<ssize_t>(sizeof(step))) return step;
  if (size < 0 && errno != EAGAIN) return {SpawnStage::kExec, errno};
  return {};
}

}  // namespace

SpawnStep AwaitHelper(int status_fd, int pidfd, absl::Duration timeout) {
  const int error = WaitForEither(status_fd, pidfd, Clock::Real().Now().monotonic + timeout);
  const SpawnStep step = error == 0 ? ReadStep(status_fd) : SpawnStep{SpawnStage::kExec, error};
  // It has ended by itself where it says why; else it might become the daemon yet.
  if (step.stage != SpawnStage::kNone) SendSignal(pidfd, SIGKILL);
  return step;
}

}  // namespace hob
