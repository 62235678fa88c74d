// Files that one process owns, that are replaced as a whole, and that outlive the process.
#ifndef HOB_SERVER_POSIX_OWNED_FILE_H_
#define HOB_SERVER_POSIX_OWNED_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hob {

// Writes all bytes. Returns false and sets errno(3) on a failure.
bool WriteAll(int fd, absl::string_view bytes);

// Returns the contents of the file at `path`. NotFound if there is none; FailedPrecondition if it
// is not a regular file of at most 16 MiB that this process's user owns and others cannot write.
absl::StatusOr<std::string> ReadOwnedFile(const std::string& path);

// Replaces the file at `path`, or creates it, with mode 0600; writes a file with ".new" added
// first. An interrupted call leaves the old file or the new one. Returns 0, or the errno(3) of the
// failure; the old file is then still there, unless the disk failed in the last step.
int ReplaceOwnedFile(const std::string& path, absl::string_view contents);

// Removes the file at `path`, if there is one, and syncs its directory. Returns 0 or the errno(3)
// of the failure.
int RemoveOwnedFile(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_OWNED_FILE_H_
