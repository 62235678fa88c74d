#ifndef HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_
#define HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_

#include <cstdint>

namespace hob {

// The steps of a spawn, from the server's request to the daemon's first instruction, in order.
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

// The step that failed and its errno(3). The exec helper writes this struct unchanged to its status
// descriptor.
struct SpawnStep {
  SpawnStage stage = SpawnStage::kNone;
  int32_t error_number = 0;
  // For kDescriptor, the number of the descriptor in the child; for kLimit, the RLIMIT_*; otherwise
  // meaningless.
  int32_t object = 0;
};

// execve fails with ETXTBSY while any process has the file open for writing; a child forked by the
// writer keeps the file open briefly after the writer has closed it. So a failed exec is retried
// after 2, 4, 8, 16 and 32 ms.
inline constexpr int kExecRetries = 5;
inline constexpr int kFirstExecRetryMillis = 2;

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_SPAWN_STAGE_H_
