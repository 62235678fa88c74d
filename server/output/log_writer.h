#ifndef HOB_SERVER_OUTPUT_LOG_WRITER_H_
#define HOB_SERVER_OUTPUT_LOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "server/clock/clock.h"
#include "server/output/log_files.h"
#include "server/output/log_store.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Moves bytes from a FIFO into a log inside the kernel (splice(2)), without looking at them, and
// rotates a full log at the end of a line.
//
//   closed    nothing is open                         0 descriptors
//   open      from the first byte until Close         1 descriptor of the store's, 2 for a moment
//
// Output that cannot be written stays in the FIFO: Move returns kStalled, problem() gives the
// reason, and the caller may retry. The file is opened by path and held open. A deleted file is
// noticed at the next byte, a renamed one within a second.
//
// Not thread-safe: belongs to the daemon's worker. Blocks on the disk only.
class LogWriter {
 public:
  struct Limits {
    // Size at which the log is rotated, bytes; 0 never rotates.
    int64_t max_bytes = 10'000'000;
    int backups = 5;
    bool compress = true;
  };

  // `store` and `clock` outlive the object.
  LogWriter(std::shared_ptr<LogFiles> files, LogStore& store, const Clock& clock);
  ~LogWriter();

  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void SetLimits(const Limits& limits) { limits_ = limits; }

  enum class Result {
    // The FIFO is empty.
    kEmpty,
    // The FIFO may hold more.
    kMore,
    // No descriptor is free right now, because too many logs are being written.
    kBusy,
    // The log cannot be written right now.
    kStalled,
  };

  // Moves at most `max` bytes, plus the rest of the current line at a rotation. Waits up to
  // `timeout` for a free descriptor.
  Result Move(int fifo, int64_t max, absl::Duration timeout = absl::ZeroDuration());

  // Reads everything in the FIFO into memory, to be written before any other data. Used when nobody
  // can open the FIFO any more.
  void DrainToMemory(int fifo);

  // Returns the number of bytes read from a FIFO but not yet written.
  int64_t pending() const { return pending_.size(); }

  // Returns the reason of the stall, with the file; empty if the last Move did not stall.
  const std::string& problem() const { return problem_; }

  // Returns the total number of bytes written.
  int64_t moved() const { return moved_; }

  bool is_open() const { return file_.ok(); }
  // Closes the file; the next byte reopens it by path.
  void Close();
  // Closes the file if too many logs are open.
  void CloseIfCrowded();

  LogFiles& files() { return *files_; }

 private:
  Result MoveLocked(int fifo, int64_t max);
  bool EnsureOpen();
  bool OpenFile();
  // True if the file is still the one at the path.
  bool IsStillThere();
  void NoteTime();
  // These return false if nothing can be written now, after recording the reason with Stall.
  bool MoveSome(int fifo, int64_t max);
  bool Splice(int fifo, int64_t max);
  // Copies with read and write, for files that do not support splice.
  bool Copy(int fifo, int64_t max);
  // Writes the rest of the line at the beginning of the FIFO, and rotates.
  bool FinishLine(int fifo);
  bool ReadPending(int fifo, int64_t max);
  bool EndsWithLine() const;
  bool Rotate();
  // Writes bytes read from the FIFO but not yet written.
  bool WritePending();
  // Records why nothing can be written; returns false.
  bool Stall(const std::string& what);

  const std::shared_ptr<LogFiles> files_;
  LogStore& store_;
  const Clock& clock_;
  Limits limits_;

  UniqueFd file_;
  // Sequence number and size of file_.
  int64_t sequence_ = 0;
  int64_t size_ = 0;
  bool takes_splice_ = true;
  // True if a descriptor was taken from the store, that is while the file is open.
  bool has_descriptor_ = false;
  MonotonicTime path_checked_;
  // When the index got its last entry; the distant past for a new file.
  MonotonicTime time_noted_;
  bool index_is_new_ = false;

  // Bytes read from the FIFO that go into the log next. Set only between two attempts; holds no
  // more than a FIFO does.
  std::string pending_;
  std::string problem_;
  int64_t moved_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_WRITER_H_
