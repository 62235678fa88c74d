#ifndef HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_
#define HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "server/daemon/process_attributes.h"
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
    // The limits where the request has none.
    ResourceLimits limits;
  };

  // `slots` has what every child needs. `places` are where the child finds the descriptors of the
  // request, in their order, and behind them the status pipe if the request has credentials.
  PreparedChild(const SpawnRequest& request, const Options& options, const SpawnSlots& slots,
                const std::vector<int>& places);

  PreparedChild(const PreparedChild&) = delete;
  PreparedChild& operator=(const PreparedChild&) = delete;

  ChildPlan* plan() { return &plan_; }

 private:
  void SetDescriptors(const SpawnRequest& request, const std::vector<int>& places);
  void AddDescriptor(int place, int number, SpawnStage stage);
  void SetStdio(const SpawnRequest& request, const SpawnSlots& slots);
  void SetAttributes(const ProcessAttributes& attributes);
  void SetLimits(const ResourceLimits& limits, const ResourceLimits& defaults);
  void SetProgram(const SpawnRequest& request, const Options& options);
  void SetHelperWords(const ProcessAttributes& attributes);

  ChildPlan plan_;
  // The number of the status pipe in the exec helper.
  int status_number_ = -1;
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
