#ifndef HOB_SERVER_RUN_DIR_H_
#define HOB_SERVER_RUN_DIR_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Makes the folder `path` and the folders above it where they are missing; new ones get `mode`.
// FailedPrecondition that names the folder and the key of [hob] it comes from.
absl::Status MakeFolder(const std::string& key, const std::string& path, mode_t mode);

// FailedPrecondition, with the folder and the key of [hob], when everybody may replace what is in
// the folder `path`.
absl::Status CheckClosed(const std::string& key, const std::string& path);

// The right to be the one server of a run_dir and of a log_dir. Held by descriptors that children
// do not inherit, so that the kernel takes it back however the server ends:
//
//   hob.lock in run_dir, locked with flock(2): names the holder
//   an abstract Unix socket (unix(7)), named by run_dir and its file system: holds where somebody
//     removes run_dir, which would let a second server lock a file of its own
//   log_dir, locked with flock(2): two servers that rotate one log lose lines
class ServerLock {
 public:
  // AlreadyExists, with the other server's pid where it can be told, when there is one.
  // FailedPrecondition when hob.lock is not a file of its own: a planted one is left as it is.
  // Blocks for up to kPatience while the holder is dead and a child that it was about to start has
  // not let go of its descriptors yet.
  static absl::StatusOr<ServerLock> Acquire(const std::string& run_dir, const std::string& log_dir);

  static constexpr absl::Duration kPatience = absl::Seconds(5);

 private:
  ServerLock() = default;

  absl::Status LockFile(const std::string& run_dir);
  absl::Status LockName(const std::string& run_dir);
  absl::Status LockLogs(const std::string& log_dir);

  UniqueFd file_;
  UniqueFd name_;
  UniqueFd logs_;
  // The other server that the last step has found; 0: none, or not known.
  pid_t holder_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_RUN_DIR_H_
