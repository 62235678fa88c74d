#ifndef HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_
#define HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hob {

// The files of the chain on disk. All errors are sentences without the path; their code is
// FailedPrecondition.

// The text of a regular file of at most kMaxConfigFileSize bytes. Never waits for anything but the
// disk: a FIFO, a device or a folder is an error, and so is a file that changes while it is read.
// As root, CheckTrusted must hold for the file, unless it is on a read-only mount.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// Whether a path is that of a folder; false for what does not exist. An error when it cannot be
// told.
absl::StatusOr<bool> IsConfigFolder(const std::string& path);

// The *.ini files of a folder, as paths, in byte order; names that start with a dot are not meant.
absl::StatusOr<std::vector<std::string>> ListConfigFolder(const std::string& path);

// Checks that a file or a folder with this status is in the hands of `reader` and root alone: owned
// by one of them, and not writable by everybody. A folder of root that everybody may write but that
// is sticky, such as /tmp, is fine.
absl::Status CheckTrusted(const struct stat& status, uid_t reader);

// As root: CheckTrusted for the folder that a file lies in, and for the one that it really lies in
// when the path is a link. Ok for a folder on a read-only mount, which nobody can write whatever
// its mode says: Kubernetes mounts a ConfigMap so, with mode 0777. Ok for ordinary users and where
// there is no such file.
absl::Status CheckFolderOf(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_INI_CONFIG_FILE_H_
