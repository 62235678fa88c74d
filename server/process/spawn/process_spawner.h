#ifndef HOB_SERVER_PROCESS_SPAWN_PROCESS_SPAWNER_H_
#define HOB_SERVER_PROCESS_SPAWN_PROCESS_SPAWNER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/process/process.h"
#include "server/process/record/instance_record.h"
#include "server/process/record/leftover.h"
#include "server/process/spawn/prepared_child.h"
#include "server/process/spawn/spawn_slots.h"
#include "server/process/spawn/spawn_watch.h"
#include "server/process/tree/containment.h"
#include "server/process/tree/failed_children.h"
#include "server/process/tree/group_remover.h"
#include "server/process/tree/stray_reaper.h"
#include "server/sync/mutex.h"

namespace hob {

// Makes real processes. Thread-safe. Outlives its instances. Made once, before thousands of
// descriptors are open and before any other library starts threads; the process is a subreaper by
// then (StrayReaper), without which session containment does not find what daemonised.
class ProcessSpawner : public Spawner {
 public:
  struct Options {
    // The server's folder, locked by it and writable by it alone; holds the record of live
    // instances and gives the control group its name.
    std::string run_dir;
    // Whether to use control groups where they can be used.
    bool control_groups = true;
    // The exec helper; empty: hob-exec in the folder of this process's program.
    std::string exec_helper;
    // The limits of children that do not ask for others; what RaiseDescriptorLimit returned is one.
    ResourceLimits child_limits;
    // The reaper of strays, which keeps the ends of main processes that were named with MAINPID=;
    // outlives the spawner. Null: such ends may be unobserved.
    StrayReaper* strays = nullptr;
    // How long a child may take from its clone to its execve, and behind it the exec helper to the
    // daemon's.
    absl::Duration exec_timeout = absl::Seconds(5);
    // What EndPredecessor could not end.
    std::vector<Leftover> leftovers;
  };

  // Probes the machine, reserves descriptors and starts the record, with the leftovers in it. What
  // a dead predecessor left running is ended before that (EndPredecessor).
  static absl::StatusOr<std::unique_ptr<ProcessSpawner>> Create(Options options);

  // Removes the control groups of what is gone, and the record.
  ~ProcessSpawner() override;

  const Containment& containment() const { return containment_; }

  // Looks whether the exec helper is there, which every daemon with credentials of its own needs.
  // FailedPrecondition, with the path and what to do, when it cannot be run.
  absl::Status CheckExecHelper() const;

  // The thread that calls it becomes the parent and must not be the one that reaps strays.
  SpawnResult Spawn(const SpawnRequest& request) override;

  std::unique_ptr<Instance> TakeLeftover(const std::string& name) override;

  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override;

  void Forget(const std::string& name) override;

  void ForgetForGood(const std::string& name) override;

 private:
  struct Born;
  struct Registration;

  ProcessSpawner(Options options, Containment containment, std::unique_ptr<InstanceRecord> record,
                 std::unique_ptr<SpawnSlots> slots);

  // Opens the control group that the child is born into; none under session containment.
  absl::variant<UniqueFd, SpawnFailure> OpenGroup(const SpawnRequest& request) const;
  // Clones the child; a failure when any step up to execve failed.
  absl::variant<Born, SpawnFailure> Clone(const SpawnRequest& request, int status_write,
                                          const Registration& registration);
  absl::variant<Born, SpawnFailure> CloneWithHelper(const SpawnRequest& request,
                                                    const Registration& registration);
  SpawnFailure ExplainClone(const SpawnRequest& request, SpawnStep step) const;

  const Options options_;
  const PreparedChild::Options child_options_;
  const Containment containment_;
  const std::unique_ptr<InstanceRecord> record_;
  const std::unique_ptr<SpawnSlots> slots_;
  // Whether each instance gets a mark.
  const bool marks_;
  Mutex leftovers_mu_;
  // Those that TakeLeftover has not taken, by the names of their daemons. Each is in the record.
  std::map<std::string, std::unique_ptr<Instance>> leftovers_ ABSL_GUARDED_BY(leftovers_mu_);
  SpawnWatch watch_;
  FailedChildren failed_children_;
  // Null only at the end.
  std::unique_ptr<GroupRemover> remover_ = std::make_unique<GroupRemover>();
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PROCESS_SPAWNER_H_
