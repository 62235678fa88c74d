// Folders: made with everything above them, and whom they let in.
#ifndef HOB_SERVER_POSIX_FOLDERS_H_
#define HOB_SERVER_POSIX_FOLDERS_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

namespace hob {

struct MadeFolders {
  // 0, or the errno(3) of the folder at `path`.
  int error = 0;
  // The last folder that was made; with an error, the one that could not be. Empty when all were
  // there.
  std::string path;
};

// Makes the folder at the absolute `path`, with `mode`, and those above it, with `mode_above`,
// where they are missing. What is there is left as it is, whatever it is.
MadeFolders MakeFolders(const std::string& path, mode_t mode, mode_t mode_above);

// Whether everybody may put a file into the folder in the place of one that is there: it can be
// written by everybody and is not sticky. False for what is not a folder.
bool IsOpenToAll(const std::string& folder);

// Whether the file at the absolute `path`, of which `status` is told, may be one that somebody else
// had linked there: it has a second name, and its folder can be written by others than this
// process's user. A copy of hard links that its owner makes is none.
bool MayBePlanted(const struct stat& status, const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_POSIX_FOLDERS_H_
