#ifndef HOB_SERVER_OUTPUT_OUTPUT_PUMP_H_
#define HOB_SERVER_OUTPUT_OUTPUT_PUMP_H_

#include <poll.h>
#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "server/clock/clock.h"
#include "server/output/log_store.h"
#include "server/output/log_writer.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Moves one stream of a daemon from its FIFO to its log. Both the child and the pump open the FIFO
// for reading and writing. So neither gets SIGPIPE, EOF or POLLHUP when the other closes it, the
// pump has nothing to spin on, and buffered bytes stay in the FIFO while the pump holds it.
//
//   state     when                                                  descriptors
//   closed    no instance, and the FIFO is empty                    0
//   waiting   the instance lives and writes nothing                 1: the FIFO
//   writing   bytes came within the last kIdleTime                  2: the FIFO, the log
//   stalled   the log cannot be written; retry each kRetryInterval  1: the FIFO, not polled
//   busy      too many logs are written; retry each kBusyInterval   1: the FIFO, not polled
//   batching  several small writes in a row; the next read waits    2: the FIFO, not polled
//
// Batching: a program that writes line by line wakes the reader of its pipe for every line, which
// costs both more than moving the bytes. After kBatchAfter moves in a row that each moved little
// and came within kSoon, the pump leaves the pipe alone for kBatchTime.
//
// Never waits for a reader or a writer; blocks on the disk only. Not thread-safe: belongs to the
// daemon's worker.
class OutputPump {
 public:
  // How long an idle log stays open.
  static constexpr absl::Duration kIdleTime = absl::Seconds(2);
  // Time between two attempts to write a log that cannot be written.
  static constexpr absl::Duration kRetryInterval = absl::Seconds(1);
  // Time between two attempts to get a descriptor, and how long the last output of a daemon waits
  // for one.
  static constexpr absl::Duration kBusyInterval = absl::Milliseconds(10);
  static constexpr absl::Duration kDescriptorTimeout = absl::Milliseconds(200);
  static constexpr int kBatchAfter = 8;
  static constexpr absl::Duration kSoon = absl::Milliseconds(1);
  static constexpr absl::Duration kBatchTime = absl::Microseconds(200);
  // Upper bound on the bytes moved by one Look, so that the worker gets to its other duties.
  static constexpr int64_t kMaxAtOnce = 1 << 20;

  // `store` and `clock` outlive the pump.
  OutputPump(const std::string& daemon, OutputStream stream, LogStore& store, const Clock& clock);

  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  void SetLimits(const LogWriter::Limits& limits) { writer_.SetLimits(limits); }

  // Creates the FIFO and its directory if missing, and opens it for the next instance. The FIFO
  // belongs to `owner` and `group`, so that the instance can open /dev/stdout. Output left in a
  // FIFO that was deleted is written first. Returns 0 or errno(3).
  int Open(uid_t owner, gid_t group);

  // Called when the instance is gone. Closes the FIFO as soon as it is empty.
  void Release();

  // Moves available output, at most kMaxAtOnce bytes, and does whatever is due.
  void Look();

  // Moves everything in the FIFO now; leaves for later what a living process adds meanwhile.
  void Drain();

  // Reopens the log by path at the next byte.
  void Reopen() { writer_.Close(); }

  // Returns the reason why the log cannot be written; empty if it can be.
  const std::string& problem() const { return writer_.problem(); }

  bool is_open() const { return fifo_.ok(); }
  const std::string& fifo_path() const { return fifo_path_; }
  // Returns the number of unwritten bytes.
  int64_t left() const;
  // Returns the FIFO's capacity in bytes: 65,536 unless the user has too many pipes or a process
  // changed it; 0 while the FIFO is closed.
  int64_t capacity() const;
  // Returns the total number of bytes written.
  int64_t moved() const { return writer_.moved(); }
  LogFiles& files() { return writer_.files(); }

  MonotonicTime NextDeadline() const;
  void AppendPollFds(std::vector<pollfd>& fds) const;

 private:
  void Move(int64_t max, absl::Duration timeout = absl::ZeroDuration());
  // Records a move of `bytes`; returns true if the pump should batch.
  bool NoteMove(int64_t bytes, MonotonicTime now);
  bool resting() const { return retry_at_ != MonotonicTime::InfiniteFuture(); }

  const std::string fifo_path_;
  LogStore& store_;
  const Clock& clock_;
  LogWriter writer_;
  // Counts the bytes written.
  const std::shared_ptr<std::atomic<int64_t>> counter_;
  UniqueFd fifo_;
  bool released_ = false;
  // A move of fewer bytes is small: a quarter of the FIFO's capacity.
  int64_t small_limit_ = 0;
  // Number of small moves in quick succession, and the time of the last one.
  int small_moves_ = 0;
  MonotonicTime moved_at_;
  // When an unpolled FIFO is read again, and when an idle log is closed.
  MonotonicTime retry_at_ = MonotonicTime::InfiniteFuture();
  MonotonicTime idle_at_ = MonotonicTime::InfiniteFuture();
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_OUTPUT_PUMP_H_
