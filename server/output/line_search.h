// Where lines begin in a file of a log.
#ifndef HOB_SERVER_OUTPUT_LINE_SEARCH_H_
#define HOB_SERVER_OUTPUT_LINE_SEARCH_H_

#include <cstdint>

#include "server/output/log_source.h"

namespace hob {

struct LastLines {
  // How many lines were found, those asked for at most.
  int64_t count = 0;
  // Where the first of them begins.
  int64_t offset = 0;
};

// The last `lines` (1 or more) lines of a file, or all that it has. A last line without a newline
// counts.
LastLines FindLastLines(LogSource& source, int64_t lines);

// Where the line begins that holds the byte at `offset`; no further back than 64 KiB.
int64_t BeginningOfLine(LogSource& source, int64_t offset);

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LINE_SEARCH_H_
