#ifndef HOB_SERVER_SUPERVISOR_LIVE_INSTANCE_H_
#define HOB_SERVER_SUPERVISOR_LIVE_INSTANCE_H_

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

// An instance of a daemon from its spawn until nothing of it is left.
//
// An instance that was asked to end has its patience as a whole: what outlives the main process is
// left alone until that is over, so that a helper can finish what it is doing. When the main
// process ends unasked, what it leaves behind is killed at once.
//
// Not thread-safe: belongs to the daemon's worker. Never waits.
class LiveInstance {
 public:
  // Holds all that an instance's end depends on, apart from its processes. A plain value.
  struct State {
    // Time of its spawn.
    Timestamp spawned;
    bool main_ended = false;
    // Time at which it was asked to end; InfiniteFuture if it was not.
    MonotonicTime asked_at = MonotonicTime::InfiniteFuture();
    // End of patience; InfiniteFuture: never.
    MonotonicTime kill_at = MonotonicTime::InfiniteFuture();
    // Time of the first KILL; InfiniteFuture: not yet.
    MonotonicTime killed_at = MonotonicTime::InfiniteFuture();
    // Number of processes that were killed while the main process was alive.
    int killed_processes = 0;
    // True once Look has said that KILL does not end it.
    bool unkillable_said = false;
    // True if a dead server left it.
    bool is_leftover = false;
    // As refusal() returns it.
    std::string refusal;
    // Time of the next look at the tree, and the span from there to the one after.
    MonotonicTime look_at = MonotonicTime::InfiniteFuture();
    absl::Duration look_interval;
  };

  // `clock` outlives the object.
  explicit LiveInstance(const Clock& clock) : clock_(clock) {}

  // True if there is an instance, or something left of one.
  bool exists() const { return instance_ != nullptr; }
  bool main_ended() const { return state_.main_ended; }
  // Returns the state of the present instance, else of the last.
  const State& state() const { return state_; }
  // True if there is one that KILL does not end.
  bool hangs() const { return exists() && state_.unkillable_said; }
  // True if the main process has ended after AskToEnd, and what it left behind may still end by
  // itself.
  bool awaits_survivors() const {
    return exists() && state_.main_ended && was_asked() && !was_killed();
  }
  // The time that is left until the KILL that AskToEnd has planned; infinite when none is planned.
  absl::Duration patience_left() const { return state_.kill_at - clock_.Now().monotonic; }
  // The process, while the main process has not ended.
  pid_t pid() const { return instance_->pid(); }
  // When it was spawned, or the last one was.
  Timestamp spawned() const { return state_.spawned; }

  // Precondition: !exists(). Returns what went wrong.
  absl::optional<SpawnFailure> Spawn(Spawner& spawner, const SpawnRequest& request);

  // Takes over what a dead server left running of the daemon: its main process has ended, and KILL,
  // which it gets again, does not end it. Precondition: !exists().
  void TakeOver(std::unique_ptr<Instance> leftover);
  // True if there is one that was taken over.
  bool is_leftover() const { return exists() && state_.is_leftover; }

  // Returns how many processes of it were killed while its main process was alive.
  int killed_processes() const { return state_.killed_processes; }

  // Why the kernel refused the latest signal that should end the instance to some of it; empty
  // where it did not: "Operation not permitted: process 7 runs as uid 0, ...".
  const std::string& refusal() const { return state_.refusal; }

  // True if there is one that AskToEnd asks without a wait for anything.
  bool is_asked_at_once() const { return exists() && instance_->IsSignalledAtOnce(); }

  // True if a live process is part of the instance.
  bool Contains(pid_t process) { return instance_->Contains(process); }

  // Makes another live process of the instance its main process, whose end is the instance's end.
  // InvalidArgument when `process` is none of them.
  absl::Status SetMain(pid_t process) { return instance_->SetMain(process); }

  // Sends `signal` to the main process or to everything.
  absl::Status Signal(int signal, bool all);

  // Asks the instance to end by sending `signal` to everything of it or, with StopScope::kMain, to
  // the main process alone. Whatever of it is alive after `patience` is killed; zero kills at once,
  // infinite never kills.
  void AskToEnd(int signal, StopScope scope, absl::Duration patience);

  void Kill();

  // Puts off the kill that AskToEnd has planned, where that would come earlier.
  void BePatientUntil(MonotonicTime time);

  // What has happened since the last look.
  struct Events {
    absl::optional<ReapedProcess> main_ended;
    // How many processes were killed because patience is over, or because the main process ended
    // unasked and left them behind. 0: none.
    int killed_processes = 0;
    // How long they had after they were asked to end; absent where nobody had asked.
    absl::optional<absl::Duration> killed_after;
    // It should have died of KILL seconds ago, or has refused it for a second; said once.
    bool unkillable = false;
    // Nothing is left, and exists() is false.
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

#endif  // HOB_SERVER_SUPERVISOR_LIVE_INSTANCE_H_
