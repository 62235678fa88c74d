#ifndef HOB_SERVER_OUTPUT_LOG_READER_H_
#define HOB_SERVER_OUTPUT_LOG_READER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/output/log_files.h"
#include "server/output/log_index.h"
#include "server/output/log_source.h"

namespace hob {

// Reads one log from some point on, through its rotated and compressed files and through rotations
// that happen meanwhile. It has no part in writing: whatever it does, the log's writer does not
// notice, and a reader that is so slow that rotation takes its file away is told how much it
// missed.
//
// First one of the Start functions, then Next. Not thread-safe. Blocks on the disk only. Holds two
// descriptors between a Next that returned something and the one that does not, or Close.
class LogReader {
 public:
  explicit LogReader(std::shared_ptr<LogFiles> files) : files_(std::move(files)) {}

  // A point of the log. Later points are greater.
  struct Position {
    // Of the file (LogFiles) and in it.
    int64_t sequence = 0;
    int64_t offset = 0;

    bool operator<(const Position& other) const {
      return sequence != other.sequence ? sequence < other.sequence : offset < other.offset;
    }
  };

  // Behind everything that was written.
  Position End() const;
  // Before the last `lines` lines; a last one without a newline counts.
  Position BeforeLines(int64_t lines) const;
  // Before the last `bytes` bytes.
  Position BeforeBytes(int64_t bytes) const;
  // At the beginning of the line in which the first byte stands that was written at `time` or
  // later; a line may be up to kIndexInterval older. Where the time is not known: the beginning.
  Position Since(absl::Time time) const;

  // Goes on reading at `position`.
  void StartAt(const Position& position);
  // Reads no further than that; without it, for ever.
  void StopAt(absl::optional<Position> position) { stop_ = position; }

  struct Piece {
    std::string data;
    // When its first byte was written; absent where that is not known.
    absl::optional<absl::Time> time;
    // Bytes before it that rotation has removed before they were read.
    int64_t missed = 0;
  };

  // The next bytes, `most` of them at most; absent when there are none at the moment. A piece ends
  // behind a line unless there is none in it, and holds nothing that was written more than
  // kIndexInterval after its first line.
  absl::optional<Piece> Next(int64_t most);

  // Whether descriptors are held; Close lets them go, and the next Next opens what it needs again:
  // of a compressed file, all that lies before its place is decompressed once more.
  bool is_open() const { return source_ != nullptr; }
  void Close();

  // Whether everything up to the point of StopAt was read.
  bool AtStop() const { return stop_.has_value() && !(position_ < *stop_); }

 private:
  // Opens the file at position_; false when there is none.
  bool EnsureOpen();
  // The file at position_ is gone: goes on with the oldest that is there. False when there is none.
  bool SkipWhatIsGone();
  void GoTo(int64_t sequence);
  // Cuts bytes that were read at position_ as Next says.
  void Cut(bool may_be_more, std::string& data);

  const std::shared_ptr<LogFiles> files_;
  Position position_;
  absl::optional<Position> stop_;
  // Where position_ stands in the coordinates of LogFiles::StartOf; absent where that is not known.
  absl::optional<int64_t> absolute_;
  // Not yet told.
  int64_t missed_ = 0;

  // Of the file at position_. Null and empty while nothing is open.
  std::unique_ptr<LogSource> source_;
  UniqueFd index_file_;
  LogIndex index_;
  // Of the file that was read last; 0 where that was compressed, or there was none.
  uint64_t inode_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_READER_H_
