#ifndef HOB_SERVER_POSIX_UNIQUE_FD_H_
#define HOB_SERVER_POSIX_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace hob {

// Owns a descriptor and closes it. Movable; -1 means none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

  // Releases ownership without closing the descriptor.
  int Release() { return std::exchange(fd_, -1); }

  // Closes the owned descriptor, if any, and owns `fd` instead.
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace hob

#endif  // HOB_SERVER_POSIX_UNIQUE_FD_H_
