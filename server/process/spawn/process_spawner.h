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
#include "server/process/tree/stray_reaper.h"
#include "server/sync/mutex.h"

namespace hob {

// Creates real processes. Thread-safe. Must outlive its instances. Create it once, before thousands
// of descriptors are open and before any other library starts threads. The process must already be
// a subreaper (StrayReaper); otherwise session containment does not find daemonised processes.
class ProcessSpawner : public Spawner {
 public:
  struct Options {
    // The server's directory, locked by the server and writable by it alone. Contains the instance
    // record and determines the name of the control group.
    std::string run_dir;
    // If true, uses control groups where available.
    bool control_groups = true;
    // Path of the exec helper. Empty: hob-exec in the directory of this process's program.
    std::string exec_helper;
    // Limits of children that do not request others, including the limit that RaiseDescriptorLimit
    // returned.
    ResourceLimits child_limits;
    // Keeps the ends of main processes named with MAINPID=. Must outlive the spawner. If null, such
    // ends may be unobserved.
    StrayReaper* strays = nullptr;
    // Maximum time from clone to execve in the child, and again from there to the daemon's execve
    // in the exec helper.
    absl::Duration exec_timeout = absl::Seconds(5);
    // Processes that EndPredecessor could not end.
    std::vector<Leftover> leftovers;
  };

  // Probes the machine, reserves descriptors and starts the instance record, including the
  // leftovers. Call EndPredecessor first to end the processes of a dead server.
  static absl::StatusOr<std::unique_ptr<ProcessSpawner>> Create(Options options);

  // Removes the control groups of ended instances, and the record.
  ~ProcessSpawner() override;

  const Containment& containment() const { return containment_; }

  // Checks that the exec helper can be run; every daemon with its own credentials needs it. Returns
  // FailedPrecondition with the path and a remedy if it cannot.
  absl::Status CheckExecHelper() const;

  // The calling thread becomes the parent; it must not be the thread that reaps strays.
  SpawnResult Spawn(const SpawnRequest& request) override;

  std::unique_ptr<Instance> TakeLeftover(const std::string& name) override;

  absl::optional<SpawnFailure> WouldFail(const SpawnRequest& request) override;

  void Forget(const std::string& name) override;

 private:
  struct ClonedChild;
  struct Registration;

  ProcessSpawner(Options options, Containment containment, std::unique_ptr<InstanceRecord> record,
                 std::unique_ptr<SpawnSlots> slots);

  // Opens the control group that the child is created in. Returns no descriptor under session
  // containment.
  absl::variant<UniqueFd, SpawnFailure> OpenGroup(const SpawnRequest& request) const;
  // Clones the child. Returns a failure if any step up to execve failed.
  absl::variant<ClonedChild, SpawnFailure> Clone(const SpawnRequest& request, int status_write,
                                                 const Registration& registration);
  absl::variant<ClonedChild, SpawnFailure> CloneWithHelper(const SpawnRequest& request,
                                                           const Registration& registration);
  SpawnFailure ExplainClone(const SpawnRequest& request, SpawnStep step) const;

  const Options options_;
  const PreparedChild::Options child_options_;
  const Containment containment_;
  const std::unique_ptr<InstanceRecord> record_;
  const std::unique_ptr<SpawnSlots> slots_;
  // True if each instance gets a mark.
  const bool marks_;
  Mutex leftovers_mu_;
  // Leftovers that TakeLeftover has not returned, by daemon name. Each is in the record.
  std::map<std::string, std::unique_ptr<Instance>> leftovers_ ABSL_GUARDED_BY(leftovers_mu_);
  SpawnWatch watch_;
  FailedChildren failed_children_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_SPAWN_PROCESS_SPAWNER_H_
