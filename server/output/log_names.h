// Where the output of daemons lies.
#ifndef HOB_SERVER_OUTPUT_LOG_NAMES_H_
#define HOB_SERVER_OUTPUT_LOG_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace hob {

// What a daemon writes to.
enum class OutputStream { kStdout, kStderr };

// The log of a stream: `log_dir`/NAME.log or `log_dir`/NAME.err.log. Its backups have `.1` (the
// latest), `.2` and so on behind that name, and `.zst` behind the number once they are compressed;
// its index has `.idx`.
std::string LogPath(absl::string_view log_dir, absl::string_view daemon, OutputStream stream);

// The FIFO of a stream in the folder `fifo_dir`: NAME.out or NAME.err.
std::string FifoPath(absl::string_view fifo_dir, absl::string_view daemon, OutputStream stream);

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_LOG_NAMES_H_
