#ifndef HOB_SERVER_READINESS_READY_PIPE_H_
#define HOB_SERVER_READINESS_READY_PIPE_H_

#include "absl/types/variant.h"
#include "server/daemon/exit_report.h"
#include "server/posix/unique_fd.h"

namespace hob {

// The pipe on which one instance of a daemon says that it is ready by writing a newline.
//
// Not thread-safe: belongs to the daemon's worker. Movable.
class ReadyPipe {
 public:
  // A failure has the stage "ready_fd".
  static absl::variant<ReadyPipe, SpawnFailure> Open();

  // What the child gets; closed by ChildHasIt.
  int write_end() const { return write_end_.get(); }
  // The child was spawned, or was not: the server's copy of its end is closed, so that its closing
  // can be noticed.
  void ChildHasIt() { write_end_.Reset(); }

  // Becomes readable when Read has something to tell.
  int fd() const { return read_end_.get(); }

  enum class Word {
    kNothingYet,
    kReady,
    // Closed by everybody who had it, without a newline.
    kClosed,
  };
  // Never blocks.
  Word Read();

 private:
  ReadyPipe(UniqueFd read_end, UniqueFd write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  UniqueFd read_end_;
  UniqueFd write_end_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_READY_PIPE_H_
