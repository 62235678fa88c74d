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

// Converts a SpawnRequest to a ChildPlan and owns the data that the plan points to. Not copyable,
// because the plan points into the object. The request must outlive it.
class PreparedChild {
 public:
  struct Options {
    // Path of the exec helper; used only if the request has credentials.
    std::string exec_helper;
    // Limits for resources that the request does not limit.
    ResourceLimits limits;
  };

  // `slots` provides the descriptors that every child needs. `places` lists the numbers where the
  // child finds the request's descriptors, in the request's order, followed by the status pipe if
  // the request has credentials.
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
  // Number of the status pipe in the exec helper.
  int status_number_ = -1;
  std::string nice_;
  std::string oom_score_adj_;
  std::vector<std::string> helper_words_;
  // Null-terminated, as execve expects. Usually on the stack, because the C library keeps memory
  // freed by a worker for that worker.
  absl::InlinedVector<char*, 16> argv_;
  absl::InlinedVector<char*, 64> environment_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PREPARED_CHILD_H_
