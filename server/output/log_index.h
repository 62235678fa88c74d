// Records when the bytes of a log were written, in a side index: a file of fixed-size entries
// beside the log. The index is written without looking at the bytes, and a log is complete without
// it.
#ifndef HOB_SERVER_OUTPUT_LOG_INDEX_H_
#define HOB_SERVER_OUTPUT_LOG_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/posix/unique_fd.h"

namespace hob {

// States that the bytes from `offset` up to the next entry's offset were written at `time` or at
// most kIndexInterval later.
struct LogIndexEntry {
  int64_t offset = 0;
  absl::Time time;
};

// Shortest time between two entries of one log; keeps the index of a busy log small.
inline constexpr absl::Duration kIndexInterval = absl::Milliseconds(250);

// Appends an entry to the index at `path`, creating it if needed; with `truncate`, drops its
// previous contents first. Holds no descriptor afterwards. Returns false if the entry could not be
// written; the bytes then count as written at the time of the previous entry.
bool AppendToLogIndex(const std::string& path, const LogIndexEntry& entry, bool truncate);

// Reads an index. Whatever the file holds, the entries are in the order of their offsets. Not
// thread-safe.
class LogIndex {
 public:
  // Creates an empty index.
  LogIndex() = default;

  // Reads the entries appended to `file` since the last call, which must have been for the same
  // file. A file that cannot be read adds nothing.
  void ReadFrom(const UniqueFd& file);

  const std::vector<LogIndexEntry>& entries() const { return entries_; }

  // Returns when the byte at `offset` was written; absent if unknown.
  absl::optional<absl::Time> TimeAt(int64_t offset) const;

  // Returns the end of the range around `offset` for which TimeAt returns the same time: the offset
  // of the next entry, or the largest number.
  int64_t EndOfTimeAt(int64_t offset) const;

  // Returns the offset of the first bytes that may have been written at `time` or later; absent if
  // there are none or nothing is known.
  absl::optional<int64_t> OffsetSince(absl::Time time) const;

 private:
  void Add(int64_t offset, int64_t nanos);
  // Returns the first entry after `offset`.
  std::vector<LogIndexEntry>::const_iterator After(int64_t offset) const;

  std::vector<LogIndexEntry> entries_;
  // Bytes of the file read so far.
  int64_t read_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_INDEX_H_
