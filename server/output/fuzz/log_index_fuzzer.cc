// Checks an index file with arbitrary contents: its entries are in order, lookups agree with a walk
// over the entries, and reading it piece by piece as it grows gives the same result as reading it
// at once.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "glog/logging.h"
#include "server/output/log_index.h"
#include "server/posix/unique_fd.h"

namespace hob {
namespace {

void Append(const UniqueFd& file, const uint8_t* data, size_t size) {
  PCHECK(write(file.get(), data, size) == size);
}

void CheckOffset(const LogIndex& index, int64_t offset) {
  absl::optional<absl::Time> time;
  int64_t end = std::numeric_limits<int64_t>::max();
  for (const LogIndexEntry& entry : index.entries()) {
    if (entry.offset > offset) {
      end = entry.offset;
      break;
    }
    time = entry.time;
  }
  CHECK(index.TimeAt(offset) == time) << offset;
  CHECK_EQ(index.EndOfTimeAt(offset), end) << offset;
}

void CheckEntries(const LogIndex& index) {
  int64_t last = -1;
  for (const LogIndexEntry& entry : index.entries()) {
    CHECK_GT(entry.offset, last);
    last = entry.offset;
    CheckOffset(index, entry.offset);
    if (entry.offset > 0) CheckOffset(index, entry.offset - 1);
    // The bytes found must not be older than that.
    const absl::optional<int64_t> since = index.OffsetSince(entry.time);
    CHECK(since.has_value());
    CHECK_LE(*since, entry.offset);
  }
  CheckOffset(index, 0);
  CheckOffset(index, std::numeric_limits<int64_t>::max());
}

void CheckSame(const LogIndex& a, const LogIndex& b) {
  CHECK_EQ(a.entries().size(), b.entries().size());
  for (size_t i = 0; i < a.entries().size(); ++i) {
    CHECK_EQ(a.entries()[i].offset, b.entries()[i].offset);
    CHECK(a.entries()[i].time == b.entries()[i].time);
  }
}

}  // namespace
}  // namespace hob

// The first byte of the input is the size at which the index is read for the first time.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t first = std::min<size_t>(data[0], size - 1);
  const hob::UniqueFd file(memfd_create("index", MFD_CLOEXEC));
  PCHECK(file.ok());
  hob::LogIndex growing;
  growing.ReadFrom(file);
  CHECK(growing.entries().empty());
  hob::Append(file, data + 1, first);
  growing.ReadFrom(file);
  hob::CheckEntries(growing);
  hob::Append(file, data + 1 + first, size - 1 - first);
  growing.ReadFrom(file);
  hob::LogIndex whole;
  whole.ReadFrom(file);
  hob::CheckEntries(whole);
  hob::CheckSame(growing, whole);
  return 0;
}
