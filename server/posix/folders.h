// Creates folders with their parents, and checks who can write to them.
#ifndef HOB_SERVER_POSIX_FOLDERS_H_
#define HOB_SERVER_POSIX_FOLDERS_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

namespace hob {

struct MadeFolders {
  // 0, or the errno(3) of the failure.
  int error = 0;
  // The last folder created; on error, the folder that could not be created. Empty if all existed.
  std::string path;
};

// Creates the folder at the absolute `path` with `mode`, and missing parents with `mode_above`.
// Leaves existing files of any type as they are.
MadeFolders MakeFolders(const std::string& path, mode_t mode, mode_t mode_above);

// True if any user may replace files in the folder: it is world-writable and not sticky. False if
// `folder` is not a folder.
bool IsOpenToAll(const std::string& folder);

// True if another user may have linked the file at the absolute `path`, whose stat(2) is `status`:
// it has more than one link, and other users can write to its folder. Hard-link copies made by the
// owner do not count.
bool MayBePlanted(const struct stat& status, const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_FOLDERS_H_
