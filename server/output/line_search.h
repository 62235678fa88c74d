// Finds where lines begin in a file of a log.
#ifndef HOB_SERVER_OUTPUT_LINE_SEARCH_H_
#define HOB_SERVER_OUTPUT_LINE_SEARCH_H_

#include <cstdint>

#include "server/output/log_source.h"

namespace hob {

struct LastLines {
  // Number of lines found, at most the number asked for.
  int64_t count = 0;
  // Offset of the first of them.
  int64_t offset = 0;
};

// Returns the last `lines` (1 or more) lines of a file, or all that it has. Counts a last line
// without a newline.
LastLines FindLastLines(LogSource& source, int64_t lines);

// Returns where the line that holds the byte at `offset` begins; looks no further back than 64 KiB.
int64_t BeginningOfLine(LogSource& source, int64_t offset);

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LINE_SEARCH_H_
