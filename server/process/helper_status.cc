#include "server/process/helper_status.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "server/clock/clock.h"
#include "server/process/pidfd.h"

namespace hob {
namespace {

// Waits until one of the two is ready; false when the time is over.
bool WaitForEither(int status_fd, int pidfd, MonotonicTime deadline) {
  struct pollfd pollers[] = {{status_fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
  for (;;) {
    const absl::Duration left =
        std::max(deadline - Clock::Real().Now().monotonic, absl::ZeroDuration());
    const struct timespec timeout = absl::ToTimespec(left);
    const int ready = ppoll(pollers, 2, &timeout, nullptr);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

SpawnStep AwaitHelper(int status_fd, int pidfd, absl::Duration timeout) {
  if (!WaitForEither(status_fd, pidfd, Clock::Real().Now().monotonic + timeout)) {
    SendSignal(pidfd, SIGKILL);
    return {SpawnStage::kExec, ETIMEDOUT};
  }
  SpawnStep step;
  // One write of a few bytes: it is there whole or not at all.
  if (read(status_fd, &step, sizeof(step)) == static_cast<ssize_t>(sizeof(step))) return step;
  return {};
}

}  // namespace hob
