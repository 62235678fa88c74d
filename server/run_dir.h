#ifndef HOB_SERVER_RUN_DIR_H_
#define HOB_SERVER_RUN_DIR_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/process/unique_fd.h"

namespace hob {

// Makes the folder `path` and the folders above it where they are missing; new ones get `mode`.
// FailedPrecondition that names the folder and the key of [hob] it comes from.
absl::Status MakeFolder(const std::string& key, const std::string& path, mode_t mode);

// FailedPrecondition, with the folder and the key of [hob], when everybody may replace what is in
// the folder `path` (RELIABILITY section 5 row 4).
absl::Status CheckClosed(const std::string& key, const std::string& path);

// The right to be the one server of a run_dir (contract section 6). It is a flock(2) on hob.lock
// there: the kernel gives it back however the server ends, and children do not inherit it
// (RELIABILITY F82).
class RunDirLock {
 public:
  // AlreadyExists, with the other server's pid, when there is one. FailedPrecondition when the file
  // is not one of its own: what somebody has planted there is left as it is.
  static absl::StatusOr<RunDirLock> Acquire(const std::string& run_dir);

 private:
  explicit RunDirLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace hob

#endif  // HOB_SERVER_RUN_DIR_H_
