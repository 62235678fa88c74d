#ifndef HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_
#define HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hob {

// Configuration files on disk. Errors are sentences without the path; their code is
// FailedPrecondition.

// Returns the text of a regular file of at most kMaxConfigFileSize bytes. A FIFO, a device, a
// directory and a file that changes during the read are errors. As root, CheckTrusted must hold for
// the file unless it is on a read-only mount. Blocks on nothing but the disk.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// True if a path is a directory; false if it does not exist. An error if the path cannot be looked
// up.
absl::StatusOr<bool> IsConfigDirectory(const std::string& path);

// Returns the paths of the *.ini files in a directory, in byte order, without hidden files.
absl::StatusOr<std::vector<std::string>> ListConfigDirectory(const std::string& path);

// Checks that `reader` and root alone control a file or directory with this status: one of them
// owns it, and it is not world-writable. A sticky directory of root's, such as /tmp, may be.
absl::Status CheckTrusted(const struct stat& status, uid_t reader);

// Checks, as root, that CheckTrusted holds for the directory of `path` and, if `path` is a link,
// for the directory of the file that it leads to. Ok for a directory on a read-only mount, which
// cannot be written in spite of its mode: Kubernetes mounts a ConfigMap that way, with mode 0777.
// Ok for other users than root, and if the file does not exist.
absl::Status CheckDirectoryOf(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_
