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

// Blocks until one of the two is ready. Returns 0, an errno(3), or ETIMEDOUT at the deadline.
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

// Reads the helper's message. Returns kNone if there is none.
SpawnStep ReadStep(int status_fd) {
  SpawnStep step;
  ssize_t size = 0;
  do {
    size = read(status_fd, &step, sizeof(step));
  } while (size < 0 && errno == EINTR);
  // The helper makes one small write, so the message is complete or absent.
  if (size == static_cast<ssize_t>(sizeof(step))) return step;
  if (size < 0 && errno != EAGAIN) return {SpawnStage::kExec, errno};
  return {};
}

}  // namespace

SpawnStep AwaitHelper(int status_fd, int pidfd, absl::Duration timeout) {
  const int error = WaitForEither(status_fd, pidfd, Clock::Real().Now().monotonic + timeout);
  const SpawnStep step = error == 0 ? ReadStep(status_fd) : SpawnStep{SpawnStage::kExec, error};
  // A helper that reported an error ends by itself; in the other cases it could still become the
  // daemon.
  if (step.stage != SpawnStage::kNone) SendSignal(pidfd, SIGKILL);
  return step;
}

}  // namespace hob
