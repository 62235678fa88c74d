// Names the files that hold the output of daemons.
#ifndef HOB_SERVER_OUTPUT_LOG_NAMES_H_
#define HOB_SERVER_OUTPUT_LOG_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// An output stream of a daemon.
enum class OutputStream { kStdout, kStderr };

// Returns the log of a stream: `log_dir`/NAME.log or `log_dir`/NAME.err.log. Backups append `.1`
// (the latest), `.2` and so on, and `.zst` once they are compressed; the index appends `.idx`.
std::string LogPath(absl::string_view log_dir, absl::string_view daemon, OutputStream stream);

// Returns the FIFO of a stream in the directory `fifo_dir`: NAME.out or NAME.err.
std::string FifoPath(absl::string_view fifo_dir, absl::string_view daemon, OutputStream stream);

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_NAMES_H_
