#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_

#include <cstdint>

namespace hob {

// The steps between the server's wish and the daemon's first instruction, in the order in which
// they are taken.
enum class SpawnStage : int32_t {
  kNone,
  kClone,
  kSetsid,
  kStdin,
  kStdout,
  kStderr,
  kDescriptor,
  kUmask,
  kChdir,
  kNice,
  kOomScoreAdj,
  kLimit,
  kGroups,
  kGroup,
  kUser,
  kNoNewPrivileges,
  kExec,
};

// The step that failed and its errno(3). Also what the exec helper writes, as it stands, to its
// status descriptor.
struct SpawnStep {
  SpawnStage stage = SpawnStage::kNone;
  int32_t error_number = 0;
  // At kDescriptor the number of the descriptor in the child, at kLimit the RLIMIT_*; elsewhere
  // without meaning.
  int32_t object = 0;
};

// execve of a file that somebody has open for writing fails with ETXTBSY; a fork in the writer
// keeps it open for a moment after the writer closed it. So the exec is tried
// again after 2, 4, 8, 16 and 32 ms.
inline constexpr int kExecRetries = 5;
inline constexpr int kFirstExecRetryMillis = 2;

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_
