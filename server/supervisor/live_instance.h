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
#include "server/process/process.h"

namespace hob {

// An instance of a daemon from its spawn until nothing of it is left. When the main process ends,
// by itself or because it was asked to, what it leaves behind is killed at once (contract 1.4,
// `stop_timeout`).
//
// Not thread-safe: belongs to the daemon's worker. Never waits.
class LiveInstance {
 public:
  // `clock` outlives the object.
  explicit LiveInstance(const Clock& clock) : clock_(clock) {}

  // Whether there is an instance, or something left of one.
  bool exists() const { return instance_ != nullptr; }
  bool main_ended() const { return main_ended_; }
  // Whether there is one that KILL does not end.
  bool hangs() const { return exists() && unkillable_said_; }
  // The process, while the main process has not ended.
  pid_t pid() const { return instance_->pid(); }
  // When it was spawned, or the last one was.
  Timestamp spawned() const { return spawned_; }

  // Precondition: !exists(). Returns what went wrong.
  absl::optional<SpawnFailure> Spawn(Spawner& spawner, const SpawnRequest& request);

  // Takes over what a dead server left running of the daemon: its main process has ended, and KILL,
  // which it gets again, does not end it. Precondition: !exists().
  void TakeOver(std::unique_ptr<Instance> leftover);
  // Whether there is one that was taken over.
  bool is_leftover() const { return exists() && is_leftover_; }

  // Why the kernel refused the latest signal that should end the instance to some of it; empty
  // where it did not: "Operation not permitted: process 7 runs as uid 0, ...".
  const std::string& refusal() const { return refusal_; }

  // Whether there is one that AskToEnd asks without a wait for anything.
  bool is_asked_at_once() const { return exists() && instance_->IsSignalledAtOnce(); }

  // Whether a live process is part of the instance.
  bool Contains(pid_t process) { return instance_->Contains(process); }

  // Sends `signal` to the main process or to everything.
  absl::Status Signal(int signal, bool all);

  // Asks everything of the instance to end with `signal`, and kills it if it has not after
  // `patience`; zero kills at once.
  void AskToEnd(int signal, absl::Duration patience);

  void Kill();

  // Puts off the kill that AskToEnd has planned, where that would come earlier.
  void BePatientUntil(MonotonicTime time);

  // What has happened since the last look.
  struct Events {
    absl::optional<ReapedProcess> main_ended;
    // It was killed, as far as the kernel allowed that (refusal), because it had not ended for so
    // long after it was asked to.
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
  void LookForMainEnd(Events& events);
  void LookForTreeEnd(MonotonicTime now, Events& events);

  const Clock& clock_;
  std::unique_ptr<Instance> instance_;
  Timestamp spawned_;
  bool main_ended_ = false;

  // When it was asked to end, and when patience ends; InfiniteFuture: nobody asked it.
  MonotonicTime asked_at_ = MonotonicTime::InfiniteFuture();
  MonotonicTime kill_at_ = MonotonicTime::InfiniteFuture();
  // When it was killed first; InfiniteFuture: not yet.
  MonotonicTime killed_at_ = MonotonicTime::InfiniteFuture();
  bool unkillable_said_ = false;
  bool is_leftover_ = false;
  std::string refusal_;
  // When the tree is looked at again, and how long it is until the time after.
  MonotonicTime look_at_ = MonotonicTime::InfiniteFuture();
  absl::Duration look_interval_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_LIVE_INSTANCE_H_
