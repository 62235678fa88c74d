#ifndef HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_
#define HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/optional.h"
#include "server/process/process.h"
#include "server/process/spawn/child.h"
#include "server/process/spawn/spawn_slots.h"

namespace hob {

// A SpawnRequest turned into a ChildPlan, with everything that the plan points to. Not copyable:
// the plan points into it. The request outlives it.
class PreparedChild {
 public:
  struct Options {
    // Path of the exec helper; only looked at when the request has credentials.
    std::string exec_helper;
    // The limit of open files where the request has none.
    absl::optional<ResourceLimit> limit_nofile;
  };

  // `passed` tells where the descriptors are that the child gets; `slots` what every child needs.
  PreparedChild(const SpawnRequest& request, const Options& options, const SpawnSlots& slots,
                const SpawnSlots::Passed& passed);

  PreparedChild(const PreparedChild&) = delete;
  PreparedChild& operator=(const PreparedChild&) = delete;

  ChildPlan* plan() { return &plan_; }

 private:
  void SetStdio(const SpawnRequest& request, const SpawnSlots& slots);
  void SetAttributes(const SpawnRequest& request);
  void SetLimits(const SpawnRequest& request, const Options& options);
  void SetProgram(const SpawnRequest& request, const Options& options);
  void SetHelperWords(const SpawnRequest& request);

  ChildPlan plan_;
  std::string nice_;
  std::string oom_score_adj_;
  std::vector<std::string> helper_words_;
  // Ended by null, as execve takes them. Mostly on the stack: what a worker has freed is kept for
  // that worker by the C library.
  absl::InlinedVector<char*, 16> argv_;
  absl::InlinedVector<char*, 64> environment_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_
