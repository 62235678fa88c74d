#ifndef HOB_SERVER_RUN_DIR_H_
#define HOB_SERVER_RUN_DIR_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/posix/unique_fd.h"

namespace hob {

// Creates the directory `path` and missing parents, all with `mode`. FailedPrecondition names the
// directory and its key in [hob].
absl::Status MakeDirectory(const std::string& key, const std::string& path, mode_t mode);

// Returns FailedPrecondition, with the directory and its key in [hob], if any user may replace
// files in the directory `path`.
absl::Status CheckClosed(const std::string& key, const std::string& path);

// Ensures that a run_dir, a log_dir and a state_dir have only one server. Held by descriptors that
// children do not inherit, so that the kernel releases it however the server ends:
//
//   hob.lock in run_dir, locked with flock(2): names the holder
//   an abstract Unix socket (unix(7)), named by run_dir and its file system: still
//     holds after run_dir was removed, when a second server could lock a new file
//   log_dir, locked with flock(2): two servers that rotate one log lose lines
//   state_dir, locked with flock(2): two servers would overwrite each other's files
class ServerLock {
 public:
  // Takes the lock. AlreadyExists, with the other server's pid if known, if there is one.
  // FailedPrecondition if hob.lock is not a regular file with a single link; a planted file stays
  // as it is. Waits up to kHolderTimeout for a dead holder whose newborn child has not closed its
  // descriptors yet.
  static absl::StatusOr<ServerLock> Acquire(const std::string& run_dir, const std::string& log_dir,
                                            const std::string& state_dir);

  static constexpr absl::Duration kHolderTimeout = absl::Seconds(5);

 private:
  ServerLock() = default;

  absl::Status LockFile(const std::string& run_dir);
  absl::Status LockName(const std::string& run_dir);
  // Locks the directory `path`, the value of `key`; `lock` is the descriptor that holds the lock.
  absl::Status LockDirectory(const char* key, const std::string& path, UniqueFd& lock);

  UniqueFd file_;
  UniqueFd name_;
  UniqueFd logs_;
  // Not open if log_dir and state_dir are the same directory.
  UniqueFd state_;
  // Pid of the other server found by the last step; 0 if none, or unknown.
  pid_t holder_ = 0;
};

}  // namespace hob

#endif  // HOB_SERVER_RUN_DIR_H_
