#ifndef HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_
#define HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_

#include "server/process/spawn/spawn_stage.h"

namespace hob {

// Tells whether the file systems of a daemon's directory and program answer at all: on a network
// one whose server is gone, every look at a file may last for ever. Shared between the process that
// clones and its child.
struct FileProbe {
  // Both outlive the child.
  const char* directory = nullptr;
  const char* program = nullptr;
  // The step that a spawn would be in; written by the child as it gets there.
  volatile SpawnStage begun = SpawnStage::kNone;
};

// Runs as the child of RawClone: looks at the files of the FileProbe that `probe` points to, the
// first bytes of the program included, and ends. Nothing but system calls; leaves no descriptor
// open where it is killed.
void RunFileProbe(void* probe);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_FILE_PROBE_H_
