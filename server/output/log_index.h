// When which bytes of a log were written: the side index, a file of fixed-size entries beside the
// log. It is written without looking at the bytes, and a log is whole without it.
#ifndef HOB_SERVER_OUTPUT_LOG_INDEX_H_
#define HOB_SERVER_OUTPUT_LOG_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/posix/unique_fd.h"

namespace hob {

// The bytes from `offset` up to that of the next entry were written at `time` or at most
// kIndexInterval later.
struct LogIndexEntry {
  int64_t offset = 0;
  absl::Time time;
};

// There are no two entries of one log within this time: a chatty daemon has an index that is small
// beside its log.
inline constexpr absl::Duration kIndexInterval = absl::Milliseconds(250);

// Appends an entry to the index at `path`, which is made where it is missing; with `anew`, what it
// held before is dropped. Holds no descriptor afterwards. False when it could not be written: the
// bytes then count as written at the time of the entry before.
bool AppendToLogIndex(const std::string& path, const LogIndexEntry& entry, bool anew);

// An index as a reader sees it: whatever the file holds, the entries are in the order of their
// offsets. Not thread-safe.
class LogIndex {
 public:
  // Nothing is known.
  LogIndex() = default;

  // Reads what was appended to `file` since the last call, which was with the same file. A file
  // that cannot be read adds nothing.
  void ReadFrom(const UniqueFd& file);

  const std::vector<LogIndexEntry>& entries() const { return entries_; }

  // When the byte at `offset` was written; absent where that is not known.
  absl::optional<absl::Time> TimeAt(int64_t offset) const;

  // Where the bytes end that TimeAt says the same of as of `offset`: the offset of the next entry,
  // or the largest number.
  int64_t EndOfTimeAt(int64_t offset) const;

  // Where the first bytes stand that may have been written at `time` or later; absent when there
  // are none, or nothing is known.
  absl::optional<int64_t> OffsetSince(absl::Time time) const;

 private:
  void Add(int64_t offset, int64_t nanos);
  // The first entry behind `offset`.
  std::vector<LogIndexEntry>::const_iterator Behind(int64_t offset) const;

  std::vector<LogIndexEntry> entries_;
  // How far the file was read, bytes.
  int64_t read_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_INDEX_H_
