#ifndef HOB_SERVER_PROCESS_LIVE_INSTANCE_H_
#define HOB_SERVER_PROCESS_LIVE_INSTANCE_H_

#include <poll.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_spec.h"
#include "server/process/process.h"

namespace hob {

// Represents an instance of a daemon from its spawn until all its processes are gone.
//
// An instance that was asked to end has its full patience: processes that outlive the main process
// are left alone until the patience is over, so that a helper can finish its work. If the main
// process ends unasked, the processes that it leaves behind are killed immediately.
//
// Not thread-safe: belongs to one thread, the parent of its processes. Never waits.
class LiveInstance {
 public:
  // The state that decides how an instance ends, apart from its processes. A plain value.
  struct State {
    // Time of its spawn.
    Timestamp spawned;
    bool main_ended = false;
    // Time at which the instance was asked to end; InfiniteFuture if it was not.
    MonotonicTime asked_at = MonotonicTime::InfiniteFuture();
    // End of the patience; InfiniteFuture if the instance is never killed.
    MonotonicTime kill_at = MonotonicTime::InfiniteFuture();
    // Time of the first KILL; InfiniteFuture before it.
    MonotonicTime killed_at = MonotonicTime::InfiniteFuture();
    // Number of processes that were killed while the main process was alive.
    int killed_processes = 0;
    // True once Look has reported that KILL does not end the instance.
    bool unkillable_said = false;
    // True if a dead server left the instance.
    bool is_leftover = false;
    // The value of refusal().
    std::string refusal;
    // Time of the next check of the process tree, and the interval before the check after that.
    MonotonicTime look_at = MonotonicTime::InfiniteFuture();
    absl::Duration look_interval;
  };

  // `clock` outlives the object.
  explicit LiveInstance(const Clock& clock) : clock_(clock) {}

  // True if there is an instance, or a process left of one.
  bool exists() const { return instance_ != nullptr; }
  bool main_ended() const { return state_.main_ended; }
  // Returns the state of the present instance, otherwise of the last one.
  const State& state() const { return state_; }
  // True if KILL does not end the present instance.
  bool hangs() const { return exists() && state_.unkillable_said; }
  // True if the main process has ended after AskToEnd, and the processes that it left behind may
  // still end by themselves.
  bool awaits_survivors() const {
    return exists() && state_.main_ended && was_asked() && !was_killed();
  }
  // Returns the time left before the KILL planned by AskToEnd; infinite if none is planned.
  absl::Duration patience_left() const { return state_.kill_at - clock_.Now().monotonic; }
  // Returns the main process. Precondition: exists().
  pid_t pid() const { return instance_->pid(); }
  // Returns the time at which the present instance, otherwise the last one, was spawned.
  Timestamp spawned() const { return state_.spawned; }

  // Spawns an instance. Returns the failure; absent on success. Precondition: !exists().
  absl::optional<SpawnFailure> Spawn(Spawner& spawner, const SpawnRequest& request);

  // Takes over the processes that a dead server left running, and sends them KILL again. Their main
  // process has ended, and KILL did not end them. Precondition: !exists().
  void TakeOver(std::unique_ptr<Instance> leftover);
  // True if the present instance was taken over.
  bool is_leftover() const { return exists() && state_.is_leftover; }

  // Returns the number of its processes that were killed while its main process was alive.
  int killed_processes() const { return state_.killed_processes; }

  // Returns the reason why the kernel refused the latest ending signal to some of the processes:
  // "Operation not permitted: process 7 runs as uid 0, ..."; empty if it did not.
  const std::string& refusal() const { return state_.refusal; }

  // True if a live process is part of the instance.
  bool Contains(pid_t process) { return instance_->Contains(process); }

  // Makes another live process of the instance its main process; the instance then ends with that
  // process. InvalidArgument if `process` is not part of the instance.
  absl::Status SetMain(pid_t process) { return instance_->SetMain(process); }

  // Sends `signal` to the main process, or to all processes if `all`.
  absl::Status Signal(int signal, bool all);

  // Asks the instance to end by sending `signal` to all its processes or, with StopScope::kMain, to
  // the main process alone. Kills the processes that are alive after `patience`; zero kills
  // immediately, infinite never kills.
  void AskToEnd(int signal, StopScope scope, absl::Duration patience);

  void Kill();

  // Postpones the kill planned by AskToEnd to `time`, if it is planned earlier.
  void BePatientUntil(MonotonicTime time);

  // The events since the last call of Look.
  struct Events {
    absl::optional<ReapedProcess> main_ended;
    // Number of processes killed because the patience is over, or because the main process ended
    // unasked and left them behind.
    int killed_processes = 0;
    // Time between the request to end and the kill; absent if nothing asked the instance to end.
    absl::optional<absl::Duration> killed_after;
    // True if the instance has survived KILL for 5 seconds, or refused it for 1 second. Reported
    // once.
    bool unkillable = false;
    // True if no process is left, and exists() is false.
    bool gone = false;
  };
  Events Look();

  MonotonicTime NextDeadline() const;
  void AppendPollFds(std::vector<pollfd>& fds);

 private:
  void NoteRefusal(const absl::Status& signalled);
  bool was_asked() const { return state_.asked_at != MonotonicTime::InfiniteFuture(); }
  bool was_killed() const { return state_.killed_at != MonotonicTime::InfiniteFuture(); }
  void SendStopSignal(int signal, StopScope scope);
  void LookForMainEnd(Events& events);
  void EndPatience(Events& events);
  void LookAtKilled(MonotonicTime now, Events& events);
  void LookAgain(MonotonicTime now);

  const Clock& clock_;
  std::unique_ptr<Instance> instance_;
  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_LIVE_INSTANCE_H_
