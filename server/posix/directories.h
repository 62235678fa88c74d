// Creates directories with their parents, and checks who can write to them.
#ifndef HOB_SERVER_POSIX_DIRECTORIES_H_
#define HOB_SERVER_POSIX_DIRECTORIES_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

namespace hob {

struct MadeDirectories {
  // 0, or the errno(3) of the failure.
  int error = 0;
  // The last directory created; on error, the directory that could not be created. Empty if all
  // existed.
  std::string path;
};

// Creates the directory at the absolute `path` with `mode`, and missing parents with `mode_above`.
// Leaves existing files of any type as they are.
MadeDirectories MakeDirectories(const std::string& path, mode_t mode, mode_t mode_above);

// True if any user may replace files in the directory: it is world-writable and not sticky. False
// if `directory` is not a directory.
bool IsOpenToAll(const std::string& directory);

// True if another user may have linked the file at the absolute `path`, whose stat(2) is `status`:
// it has more than one link, and other users can write to its directory. Hard-link copies made by
// the owner do not count.
bool MayBePlanted(const struct stat& status, const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_DIRECTORIES_H_
