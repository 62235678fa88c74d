#include "server/readiness/ready_pipe.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>

namespace hob {

absl::variant<ReadyPipe, SpawnFailure> ReadyPipe::Open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SpawnFailure{"ready_fd", errno, strerror(errno)};
  ReadyPipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // Only the server's end is non-blocking: the child expects its own to block.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

ReadyPipe::Result ReadyPipe::Read() {
  while (true) {
    char text[256];
    const ssize_t length = read(read_end_.get(), text, sizeof(text));
    if (length == 0) return Result::kClosed;
    if (length < 0) return errno == EINTR ? Read() : Result::kNothingYet;
    if (memchr(text, '\n', length) != nullptr) return Result::kReady;
  }
}

}  // namespace hob
