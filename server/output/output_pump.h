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

// Carries one stream of a daemon from its FIFO to its log. The child opens the FIFO for reading and
// writing, and so does the pump: neither gets SIGPIPE, EOF or POLLHUP from the other's going away,
// so that there is nothing to spin on, and what is in the FIFO stays there
// for as long as the pump holds it.
//
//   state     when                                                  descriptors
//   closed    there is no instance, and the FIFO is empty           0
//   waiting   an instance lives and writes nothing                  1: the FIFO
//   writing   bytes came within the last kIdleTime                  2: the FIFO, the log
//   stalled   the log cannot be written; a try each kRetryInterval  1: the FIFO, not polled
//   busy      too many others are written; a try each kBusyInterval 1: the FIFO, not polled
//   gathering little came again and again; the next look is late    2: the FIFO, not polled
//
// Gathering: a program that writes line by line wakes whoever waits for its pipe with each of them,
// which costs both more than the bytes. After kFewMoves that each brought little and came within
// kSoon, the pipe is left alone for kGatherTime.
//
// Never waits for a reader or a writer, blocks on the disk only. Not thread-safe: belongs to the
// daemon's worker.
class OutputPump {
 public:
  // How long the log stays open without being written to.
  static constexpr absl::Duration kIdleTime = absl::Seconds(2);
  // Time between two tries to write a log that cannot be written.
  static constexpr absl::Duration kRetryInterval = absl::Seconds(1);
  // Time between two tries to get a descriptor, and how long the last words of a daemon wait for
  // it.
  static constexpr absl::Duration kBusyInterval = absl::Milliseconds(10);
  static constexpr absl::Duration kPatience = absl::Milliseconds(200);
  static constexpr int kFewMoves = 8;
  static constexpr absl::Duration kSoon = absl::Milliseconds(1);
  static constexpr absl::Duration kGatherTime = absl::Microseconds(200);
  // The most that one Look moves: the worker's other duties come in between.
  static constexpr int64_t kMostAtOnce = 1 << 20;

  // `store` and `clock` outlive it.
  OutputPump(const std::string& daemon, OutputStream stream, LogStore& store, const Clock& clock);

  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  void SetLimits(const LogWriter::Limits& limits) { writer_.SetLimits(limits); }

  // Makes the FIFO where it is missing, its folder included, and opens it, for an instance to come;
  // `owner` and `group` are whose it is, so that /dev/stdout can be opened there. What is still in
  // one that somebody has deleted comes first. Returns 0 or errno(3).
  int Open(uid_t owner, gid_t group);

  // There is no instance any more: the FIFO is closed as soon as it is empty.
  void Release();

  // Moves what has come, kMostAtOnce at most, and does what is due.
  void Look();

  // Moves all that is in the FIFO now; what a living process adds meanwhile is left for later.
  void Drain();

  // Has the log opened anew, by its path, for the next byte.
  void Reopen() { writer_.Close(); }

  // Why the log cannot be written; empty when it can.
  const std::string& problem() const { return writer_.problem(); }

  bool is_open() const { return fifo_.ok(); }
  const std::string& fifo_path() const { return fifo_path_; }
  // How many bytes are not yet written.
  int64_t left() const;
  // How much the FIFO holds before its writer has to wait, bytes: 65,536 unless the user has too
  // many pipes or somebody has changed it. 0 while it is not open.
  int64_t capacity() const;
  // What was written all in all, bytes.
  int64_t moved() const { return writer_.moved(); }
  LogFiles& files() { return writer_.files(); }

  MonotonicTime NextDeadline() const;
  void AppendPollFds(std::vector<pollfd>& fds) const;

 private:
  void Move(int64_t most, absl::Duration patience = absl::ZeroDuration());
  // Takes note of `bytes` that came; returns whether to gather.
  bool NoteMove(int64_t bytes, MonotonicTime now);
  bool resting() const { return retry_at_ != MonotonicTime::InfiniteFuture(); }

  const std::string fifo_path_;
  LogStore& store_;
  const Clock& clock_;
  LogWriter writer_;
  // Told what was written.
  const std::shared_ptr<std::atomic<int64_t>> counter_;
  UniqueFd fifo_;
  bool released_ = false;
  // Fewer bytes in one move are little: a quarter of what the FIFO holds.
  int64_t little_ = 0;
  // Moves in a row that brought little and came soon, and when the last was.
  int small_moves_ = 0;
  MonotonicTime moved_at_;
  // When the FIFO is looked at again that is not polled, and when an open log is closed.
  MonotonicTime retry_at_ = MonotonicTime::InfiniteFuture();
  MonotonicTime idle_at_ = MonotonicTime::InfiniteFuture();
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_OUTPUT_PUMP_H_
