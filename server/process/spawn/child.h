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

// One standard descriptor of a child, ready to be opened.
struct ChildStdio {
  StdioTarget::Kind kind = StdioTarget::Kind::kNull;
  const char* path = nullptr;
};

// A descriptor that a child gets beside the standard ones.
struct ChildDescriptor {
  // Where the child finds it; the child moves it.
  int slot = -1;
  // Its number in the program.
  int number = -1;
  // The step that fails when it cannot be moved there.
  SpawnStage stage = SpawnStage::kDescriptor;
};

// One resource limit of a child.
struct ChildLimit {
  // RLIMIT_*.
  int resource = 0;
  // As the kernel takes them: two 64-bit numbers.
  uint64_t soft_and_hard[2] = {0, 0};
};

// Those of the request, and the status pipe of the exec helper.
inline constexpr int kMostChildDescriptors = kMostPassedDescriptors + 1;

// The same, the hold pipe and the record.
inline constexpr int kMostKept = kMostChildDescriptors + 2;

// Everything that a child does between clone3 and execve, prepared so that the child itself need
// not allocate, look up or format anything. Lives in the memory of the server, which the child
// shares; what it points to outlives the call of RawClone.
struct ChildPlan {
  // Out: the step that failed, with CLONE_VM the server's to read; kNone when execve was called.
  SpawnStep failure;
  // Out: the step that takes as long as a file system likes, while it lasts.
  SpawnStage begun = SpawnStage::kClone;

  // The descriptors that the child takes along beside the three standard ones, in ascending order.
  // What lies above the last is not even copied, and what lies between belongs to the server or to
  // other spawns under way: the child closes it at once.
  int kept[kMostKept] = {};
  int kept_count = 0;
  // By ascending number, no two the same; the slots of all are kept.
  ChildDescriptor descriptors[kMostChildDescriptors];
  int descriptor_count = 0;

  // Where the record of live instances is told of the child; -1: nowhere. The child fills in its
  // pid and the time, and bears the mark in it.
  int record_slot = -1;
  int64_t record_offset = 0;
  InstanceRecordEntry record;

  ChildStdio stdio[3];
  mode_t umask = 022;
  const char* directory = "/";
  bool set_nice = false;
  int nice = 0;
  // The same as a decimal number, for the nice value of the child's session; null as long as
  // `set_nice` is false.
  const char* nice_text = nullptr;
  int nice_text_size = 0;
  // A decimal number, or null.
  const char* oom_score_adj = nullptr;
  int oom_score_adj_size = 0;
  ChildLimit limits[std::size(kLimitKeys)];
  int limit_count = 0;
  bool no_new_privileges = false;

  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
};

// Runs the ChildPlan that `argument` points at, in a child that shares the server's memory. Only
// system calls: no allocation, no locks, no libc state but errno. Credentials are
// not changed here. Never returns: it becomes the program, or notes the failure in the plan
// and exits with 127.
[[noreturn]] void RunChild(void* argument);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_CHILD_H_
