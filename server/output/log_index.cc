#include "server/output/log_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "server/posix/directories.h"

namespace hob {
namespace {

// An entry in the file, in the machine's byte order: the index never leaves the machine.
struct Record {
  int64_t offset;
  // Wall clock, nanoseconds since 1970.
  int64_t nanos;
};
static_assert(sizeof(Record) == 16, "the format of the file");

constexpr int64_t kRecordSize = sizeof(Record);
// hob writes no index with more entries than this; the rest is ignored.
constexpr size_t kMaxEntries = 4 << 20;

}  // namespace

bool AppendToLogIndex(const std::string& path, const LogIndexEntry& entry, bool truncate) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  const UniqueFd file(open(path.c_str(), flags, 0640));
  struct stat status;
  if (!file.ok() || fstat(file.get(), &status) != 0) return false;
  // Not O_TRUNC: a planted file must stay as it is.
  if (!S_ISREG(status.st_mode) || MayBePlanted(status, path)) return false;
  if (truncate && ftruncate(file.get(), 0) != 0) return false;
  if (truncate) status.st_size = 0;
  const Record record = {entry.offset, absl::ToUnixNanos(entry.time)};
  // Overwrites an entry that a full disk cut short.
  const int64_t end = status.st_size - status.st_size % kRecordSize;
  return pwrite(file.get(), &record, kRecordSize, end) == kRecordSize;
}

void LogIndex::ReadFrom(const UniqueFd& file) {
  if (!file.ok()) return;
  std::array<Record, 256> records;
  while (entries_.size() < kMaxEntries) {
    const ssize_t size = pread(file.get(), records.data(), sizeof(records), read_);
    const int64_t count = size / kRecordSize;
    if (size < kRecordSize) return;
    for (int64_t i = 0; i < count; ++i) Add(records[i].offset, records[i].nanos);
    read_ += count * kRecordSize;
  }
}

void LogIndex::Add(int64_t offset, int64_t nanos) {
  if (offset < 0) return;
  // The log was truncated, or nothing was written after the previous entry.
  while (!entries_.empty() && entries_.back().offset >= offset) entries_.pop_back();
  entries_.push_back({offset, absl::FromUnixNanos(nanos)});
}

std::vector<LogIndexEntry>::const_iterator LogIndex::After(int64_t offset) const {
  return std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](int64_t value, const LogIndexEntry& entry) { return value < entry.offset; });
}

absl::optional<absl::Time> LogIndex::TimeAt(int64_t offset) const {
  const auto after = After(offset);
  if (after == entries_.begin()) return absl::nullopt;
  return std::prev(after)->time;
}

int64_t LogIndex::EndOfTimeAt(int64_t offset) const {
  const auto after = After(offset);
  return after == entries_.end() ? std::numeric_limits<int64_t>::max() : after->offset;
}

absl::optional<int64_t> LogIndex::OffsetSince(absl::Time time) const {
  for (const LogIndexEntry& entry : entries_) {
    if (entry.time + kIndexInterval > time) return entry.offset;
  }
  return absl::nullopt;
}

}  // namespace hob
