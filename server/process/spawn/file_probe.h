#ifndef HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_
#define HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_

#include "server/process/spawn/spawn_stage.h"

namespace hob {

// Checks that the file systems of a daemon's directory and program respond: any access to a network
// file system whose server is gone may block forever. Shared between the cloning process and its
// child.
struct FileProbe {
  // Both strings must outlive the child.
  const char* directory = nullptr;
  const char* program = nullptr;
  // Corresponding step of a spawn; the child updates it as it proceeds.
  volatile SpawnStage begun = SpawnStage::kNone;
};

// Runs as the child of RawClone: accesses the files of the FileProbe that `probe` points to,
// including the first bytes of the program, and exits. Makes only system calls. Leaves no
// descriptor open if it is killed.
void RunFileProbe(void* probe);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_
