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

// Reads one log from a given position, through rotated and compressed files and through rotations
// that happen meanwhile. Never affects the log's writer. A reader so slow that rotation removes its
// file learns how many bytes it missed.
//
// Call one of the Start functions first, then Next. Not thread-safe. Blocks on the disk only. Holds
// two descriptors from a Next that returns data until a Next that returns none, or Close.
class LogReader {
 public:
  explicit LogReader(std::shared_ptr<LogFiles> files) : files_(std::move(files)) {}

  // A position in the log. Later positions are greater.
  struct Position {
    // Sequence number of the file (LogFiles), and the offset in it.
    int64_t sequence = 0;
    int64_t offset = 0;

    bool operator<(const Position& other) const {
      return sequence != other.sequence ? sequence < other.sequence : offset < other.offset;
    }
  };

  // Returns the end of the log.
  Position End() const;
  // Returns the position before the last `lines` lines; counts a last line without a newline.
  Position BeforeLines(int64_t lines) const;
  // Returns the position before the last `bytes` bytes.
  Position BeforeBytes(int64_t bytes) const;
  // Returns the beginning of the line that holds the first byte written at `time` or later; that
  // line may be up to kIndexInterval older. Returns the beginning of the log if the times are
  // unknown.
  Position Since(absl::Time time) const;

  // Continues reading at `position`.
  void StartAt(const Position& position);
  // Stops reading at `position`; without one, never stops.
  void StopAt(absl::optional<Position> position) { stop_ = position; }

  struct Piece {
    std::string data;
    // When its first byte was written; absent if unknown.
    absl::optional<absl::Time> time;
    // Bytes before this piece that rotation removed before they were read.
    int64_t missed = 0;
  };

  // Returns the next bytes, at most `max`; absent if there are none yet. A piece ends after a
  // newline if it contains one, and holds nothing that was written more than kIndexInterval after
  // its first line.
  absl::optional<Piece> Next(int64_t max);

  // True if descriptors are held. Close releases them, and the next Next reopens what it needs; for
  // a compressed file, that decompresses everything before its position again.
  bool is_open() const { return source_ != nullptr; }
  void Close();

  // True if everything up to the position of StopAt was read.
  bool AtStop() const { return stop_.has_value() && !(position_ < *stop_); }

 private:
  // Opens the file at position_; false if there is none.
  bool EnsureOpen();
  // Called if the file at position_ is gone. Moves on to the oldest existing file; false if there
  // is none.
  bool SkipMissingFiles();
  void GoTo(int64_t sequence);
  // Trims bytes that were read at position_ to a piece as Next defines it.
  void TrimPiece(bool may_be_more, std::string& data);

  const std::shared_ptr<LogFiles> files_;
  Position position_;
  absl::optional<Position> stop_;
  // position_ in the coordinates of LogFiles::StartOf; absent if unknown.
  absl::optional<int64_t> absolute_;
  // Missed bytes not yet reported.
  int64_t missed_ = 0;

  // Belong to the file at position_. Null and empty while nothing is open.
  std::unique_ptr<LogSource> source_;
  UniqueFd index_file_;
  LogIndex index_;
  // Inode of the file read last; 0 if that was compressed, or there was none.
  uint64_t inode_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_READER_H_
