#ifndef HOB_SERVER_PROCESS_SPAWN_CHILD_H_
#define HOB_SERVER_PROCESS_SPAWN_CHILD_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <iterator>

#include "server/daemon/process_attributes.h"
#include "server/process/process.h"
#include "server/process/record/instance_record.h"
#include "server/process/spawn/spawn_stage.h"

namespace hob {

// One standard descriptor of a child, ready to open.
struct ChildStdio {
  StdioTarget::Kind kind = StdioTarget::Kind::kNull;
  const char* path = nullptr;
};

// A descriptor that a child inherits in addition to the standard ones.
struct ChildDescriptor {
  // Number where the child finds the descriptor; the child moves it to `number`.
  int slot = -1;
  // Number in the program.
  int number = -1;
  // Step reported if the descriptor cannot be moved.
  SpawnStage stage = SpawnStage::kDescriptor;
};

// One resource limit of a child.
struct ChildLimit {
  // RLIMIT_*.
  int resource = 0;
  // Soft and hard limit in the kernel's format, two 64-bit numbers.
  uint64_t soft_and_hard[2] = {0, 0};
};

// The descriptors of the request and the status pipe of the exec helper.
inline constexpr int kMostChildDescriptors = kMostPassedDescriptors + 1;

// As above, plus the hold pipe and the instance record.
inline constexpr int kMostKept = kMostChildDescriptors + 2;

// Describes everything a child does between clone3 and execve, so that the child need not allocate,
// look up or format anything. Lives in the server's memory, which the child shares; everything it
// points to must outlive the call of RawClone.
struct ChildPlan {
  // Out: the step that failed; kNone if execve was called. The server can read it because of
  // CLONE_VM.
  SpawnStep failure;
  // Out: the step in progress, for steps that can block on a file system.
  SpawnStage begun = SpawnStage::kClone;

  // Numbers of the descriptors that the child keeps beyond the standard three, in ascending order.
  // The child does not copy descriptors above the last one. Those in between belong to the server
  // or to concurrent spawns; the child closes them at once.
  int kept[kMostKept] = {};
  int kept_count = 0;
  // Sorted by ascending number, without duplicates; each slot is in `kept`.
  ChildDescriptor descriptors[kMostChildDescriptors];
  int descriptor_count = 0;

  // Descriptor of the instance record; -1 if the child writes no record. The child fills in its pid
  // and the time, and carries the mark in `record`.
  int record_slot = -1;
  int64_t record_offset = 0;
  InstanceRecordEntry record;

  ChildStdio stdio[3];
  mode_t umask = 022;
  const char* directory = "/";
  bool set_nice = false;
  int nice = 0;
  // `nice` as a decimal number, for the nice value of the child's session; null if `set_nice` is
  // false.
  const char* nice_text = nullptr;
  int nice_text_size = 0;
  // Decimal number, or null.
  const char* oom_score_adj = nullptr;
  int oom_score_adj_size = 0;
  ChildLimit limits[std::size(kLimitKeys)];
  int limit_count = 0;
  bool no_new_privileges = false;

  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
};

// Runs the ChildPlan that `argument` points to, in a child that shares the server's memory. Makes
// only system calls: no allocation, no locks, no libc state except errno. Does not change
// credentials. Never returns: either becomes the program, or stores the failure in the plan and
// exits with 127.
[[noreturn]] void RunChild(void* argument);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_CHILD_H_
