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

// Moves bytes from a FIFO into a log, in the kernel (splice(2)) and without looking at them, and
// rotates the log at the end of a line once it is full.
//
//   closed    nothing is open                         0 descriptors
//   open      from the first byte until Close         1 descriptor of the store's, 2 for a moment
//
// Whatever cannot be written stays in the FIFO: then Move says kStalled, problem() why, and it may
// be tried again. The file is opened by its path and held: one that was deleted is noticed at the
// next byte, one that was renamed within a second.
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

  // `store` and `clock` outlive it.
  LogWriter(std::shared_ptr<LogFiles> files, LogStore& store, const Clock& clock);
  ~LogWriter();

  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void SetLimits(const Limits& limits) { limits_ = limits; }

  enum class Result {
    // The FIFO is empty.
    kEmpty,
    // There may be more in it.
    kMore,
    // No descriptor is free at the moment, because so many logs are being written.
    kBusy,
    // Nothing can be written now.
    kStalled,
  };

  // Moves at most `most` bytes, and what of a line is behind them at a rotation. Waits for a free
  // descriptor for `patience` at the longest.
  Result Move(int fifo, int64_t most, absl::Duration patience = absl::ZeroDuration());

  // Takes all that is in the FIFO into memory, to be written before anything else: nobody will open
  // it any more.
  void TakeOver(int fifo);

  // Bytes that were taken from a FIFO and are not yet written.
  int64_t pending() const { return pending_.size(); }

  // Why nothing can be written; empty when the last Move was not stalled. Names the file.
  const std::string& problem() const { return problem_; }

  // What was written all in all, bytes.
  int64_t moved() const { return moved_; }

  bool is_open() const { return file_.ok(); }
  // Closes the file; the next byte opens it again, by its path.
  void Close();
  // Closes the file if too many logs are open.
  void CloseIfCrowded();

  LogFiles& files() { return *files_; }

 private:
  Result MoveLocked(int fifo, int64_t most);
  bool EnsureOpen();
  bool OpenFile();
  // Whether the file is still the one at the path.
  bool IsStillThere();
  void NoteTime();
  // These return false when nothing can be written now, and have said why with Stall.
  bool MoveSome(int fifo, int64_t most);
  bool Splice(int fifo, int64_t most);
  // By read and write, for files that do not take splice.
  bool Copy(int fifo, int64_t most);
  // Writes the line at the beginning of the FIFO to its end and rotates.
  bool FinishLine(int fifo);
  bool ReadPending(int fifo, int64_t most);
  bool EndsWithLine() const;
  bool Rotate();
  // Writes what was read from the FIFO and not yet written.
  bool WritePending();
  // Notes why nothing can be written; returns false.
  bool Stall(const std::string& what);

  const std::shared_ptr<LogFiles> files_;
  LogStore& store_;
  const Clock& clock_;
  Limits limits_;

  UniqueFd file_;
  // Of file_.
  int64_t sequence_ = 0;
  int64_t size_ = 0;
  bool takes_splice_ = true;
  // Whether a descriptor was taken from the store: while the file is open.
  bool has_descriptor_ = false;
  MonotonicTime path_checked_;
  // When the index got its last entry; of another file, long ago.
  MonotonicTime time_noted_;
  bool index_is_new_ = false;

  // Bytes that were read and belong into the log next; only between two tries, and no more than a
  // FIFO holds.
  std::string pending_;
  std::string problem_;
  int64_t moved_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_WRITER_H_
