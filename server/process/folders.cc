#include "server/process/folders.h"

#include <sys/stat.h>

#include <cerrno>

namespace hob {

MadeFolders MakeFolders(const std::string& path, mode_t mode, mode_t mode_above) {
  MadeFolders made;
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string folder = path.substr(0, end);
    const bool is_last = path.find_first_not_of('/', end) == std::string::npos;
    if (mkdir(folder.c_str(), is_last ? mode : mode_above) == 0) {
      made.path = folder;
    } else if (errno != EEXIST) {
      return {errno, folder};
    }
    if (is_last) break;
  }
  return made;
}

bool IsOpenToAll(const std::string& folder) {
  struct stat status;
  return stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH;
}

}  // namespace hob
