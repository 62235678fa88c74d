#include "server/output/log_names.h"

#include "absl/strings/str_cat.h"

namespace hob {

std::string LogPath(absl::string_view log_dir, absl::string_view daemon, OutputStream stream) {
  return absl::StrCat(log_dir, "/", daemon, stream == OutputStream::kStdout ? ".log" : ".err.log");
}

std::string FifoPath(absl::string_view fifo_dir, absl::string_view daemon, OutputStream stream) {
  return absl::StrCat(fifo_dir, "/", daemon, stream == OutputStream::kStdout ? ".out" : ".err");
}

}  // namespace hob
