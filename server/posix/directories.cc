#include "server/posix/directories.h"

#include <unistd.h>

#include <cerrno>

namespace hob {

MadeDirectories MakeDirectories(const std::string& path, mode_t mode, mode_t mode_above) {
  MadeDirectories made;
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string directory = path.substr(0, end);
    const bool is_last = path.find_first_not_of('/', end) == std::string::npos;
    if (mkdir(directory.c_str(), is_last ? mode : mode_above) == 0) {
      made.path = directory;
    } else if (errno != EEXIST) {
      return {errno, directory};
    }
    if (is_last) break;
  }
  return made;
}

bool IsOpenToAll(const std::string& directory) {
  struct stat status;
  return stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH;
}

bool MayBePlanted(const struct stat& status, const std::string& path) {
  if (status.st_nlink <= 1) return false;
  struct stat directory;
  return stat(path.substr(0, path.rfind('/') + 1).c_str(), &directory) != 0 ||
         directory.st_uid != geteuid() || (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

}  // namespace hob
