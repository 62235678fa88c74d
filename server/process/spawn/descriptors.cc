#include "server/process/spawn/descriptors.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace hob {
namespace {

// Upper end of the range; numbers that are not open cost nothing.
constexpr unsigned kEveryDescriptor = ~0U;

}  // namespace

absl::Status SanitizeInheritedDescriptors() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return absl::ErrnoToStatus(errno, "/dev/null");
    // open returns the lowest free number, which is a standard descriptor as long as one is closed.
    if (fd <= STDERR_FILENO) fcntl(fd, F_SETFD, 0);
  } while (fd <= STDERR_FILENO);
  close(fd);
  if (close_range(STDERR_FILENO + 1, kEveryDescriptor, CLOSE_RANGE_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "close_range");
  }
  return absl::OkStatus();
}

absl::StatusOr<ResourceLimit> RaiseDescriptorLimit() {
  struct rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::ErrnoToStatus(errno, "RLIMIT_NOFILE");
  const ResourceLimit before = {limit.rlim_cur, limit.rlim_max};
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::ErrnoToStatus(errno, "RLIMIT_NOFILE");
  return before;
}

}  // namespace hob
