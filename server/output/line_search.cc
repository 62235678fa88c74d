#include "server/output/line_search.h"

#include <algorithm>
#include <string>

#include "absl/types/optional.h"

namespace hob {
namespace {

constexpr int64_t kBlock = 64 << 10;

std::string Read(LogSource& source, int64_t offset, int64_t size) {
  std::string bytes(size, '\0');
  bytes.resize(source.ReadAt(offset, &bytes[0], size));
  return bytes;
}

// Searches block by block from the end, so that only the end of a large file is read.
LastLines SearchBackwards(LogSource& source, int64_t lines) {
  LastLines found;
  const int64_t size = source.Size();
  for (int64_t end = size; end > 0;) {
    const int64_t begin = std::max<int64_t>(end - kBlock, 0);
    const std::string block = Read(source, begin, end - begin);
    for (int64_t i = static_cast<int64_t>(block.size()) - 1; i >= 0; --i) {
      // A newline at the very end starts no line.
      if (block[i] != '\n' || begin + i + 1 == size) continue;
      found.offset = begin + i + 1;
      if (++found.count == lines) return found;
    }
    end = begin;
  }
  if (size > 0) ++found.count;
  found.offset = 0;
  return found;
}

// Returns where the line after the first `newlines` newlines begins, and the total number of lines.
LastLines CountLines(LogSource& source, absl::optional<int64_t> newlines) {
  LastLines found;
  bool in_line = false;
  int64_t offset = 0;
  while (true) {
    const std::string block = Read(source, offset, kBlock);
    if (block.empty()) break;
    for (size_t i = 0; i < block.size(); ++i) {
      if (newlines.has_value() && found.count == *newlines && !in_line) {
        found.offset = offset + i;
        return found;
      }
      in_line = block[i] != '\n';
      if (!in_line) ++found.count;
    }
    offset += block.size();
  }
  if (in_line) ++found.count;
  return found;
}

}  // namespace

LastLines FindLastLines(LogSource& source, int64_t lines) {
  if (source.IsRandomAccess()) return SearchBackwards(source, lines);
  const LastLines all = CountLines(source, absl::nullopt);
  if (all.count <= lines) return {all.count, 0};
  return {lines, CountLines(source, all.count - lines).offset};
}

int64_t BeginningOfLine(LogSource& source, int64_t offset) {
  const int64_t begin = std::max<int64_t>(offset - kBlock, 0);
  const std::string before = Read(source, begin, offset - begin);
  const size_t newline = before.rfind('\n');
  return begin + (newline == std::string::npos ? 0 : static_cast<int64_t>(newline) + 1);
}

}  // namespace hob
