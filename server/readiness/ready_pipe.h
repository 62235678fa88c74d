#ifndef HOB_SERVER_READINESS_READY_PIPE_H_
#define HOB_SERVER_READINESS_READY_PIPE_H_

#include "absl/types/variant.h"
#include "server/daemon/exit_report.h"
#include "server/posix/unique_fd.h"

namespace hob {

// The pipe on which one instance of a daemon reports readiness by writing a newline.
//
// Not thread-safe: belongs to the daemon's worker. Movable.
class ReadyPipe {
 public:
  // Creates the pipe. A failure has the stage "ready_fd".
  static absl::variant<ReadyPipe, SpawnFailure> Open();

  // Returns the child's end; closed by CloseWriteEnd.
  int write_end() const { return write_end_.get(); }
  // Closes the server's copy of the child's end once the spawn is over, so that the child's closing
  // of it can be noticed.
  void CloseWriteEnd() { write_end_.Reset(); }

  // Returns the descriptor, readable when Read has news.
  int fd() const { return read_end_.get(); }

  enum class Result {
    kNothingYet,
    kReady,
    // Closed by all holders without a newline.
    kClosed,
  };
  // Reads the pipe. Never blocks.
  Result Read();

 private:
  ReadyPipe(UniqueFd read_end, UniqueFd write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  UniqueFd read_end_;
  UniqueFd write_end_;
};

}  // namespace hob

#endif  // HOB_SERVER_READINESS_READY_PIPE_H_
