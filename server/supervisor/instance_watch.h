#ifndef HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_
#define HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// The timers of the present instance, from its spawn until it ends or is told to: when it counts as
// up, when it is late with its readiness or silent for too long, and when it has won its trial.
// Ends nothing itself.
//
// `spec` is the daemon's present configuration in every call. Not thread-safe: belongs to the
// daemon's worker.
class InstanceWatch {
 public:
  // Holds everything that an InstanceWatch knows. A plain value; a timer that is off is
  // InfiniteFuture.
  struct State {
    // Time at which an instance that says nothing of its readiness counts as up.
    MonotonicTime up_at = MonotonicTime::InfiniteFuture();
    // Time at which it has failed because it is not ready, and the verdict then.
    MonotonicTime unready_at = MonotonicTime::InfiniteFuture();
    std::string unready_verdict;
    // Time until which it asked to be waited for.
    MonotonicTime extended_until;
    // True if it cannot become ready any more.
    bool never_ready = false;
    // End of the watchdog's patience.
    MonotonicTime silent_at = MonotonicTime::InfiniteFuture();
    bool is_trial = false;
    MonotonicTime trial_won_at = MonotonicTime::InfiniteFuture();
  };

  // Says why the instance has failed, and which signal is to end it.
  struct Failed {
    std::string verdict;
    int signal = 0;
  };

  // What has become due.
  struct Events {
    bool came_up = false;
    absl::optional<Failed> failed;
    bool trial_won = false;
  };

  // Watches an instance that was spawned at `spawned`. Returns true if it counts as up at once.
  bool Begin(const DaemonSpec& spec, MonotonicTime spawned, bool is_trial);

  // The instance is up: from here on its watchdog counts, and its readiness no more.
  void CameUp(const DaemonSpec& spec, MonotonicTime now);
  // The watchdog begins anew, because the instance showed a sign of life or has a new watchdog.
  void BeginWatchdog(const DaemonSpec& spec, MonotonicTime now);
  // The instance asks to be waited for until `time`.
  void ExtendUntil(MonotonicTime time);
  // The instance has closed its readiness descriptor without a newline.
  void CannotBecomeReady(MonotonicTime now);
  // The ready_timeout of an instance that was spawned at `spawned` may have changed.
  void ReadyTimeoutChanged(const DaemonSpec& spec, MonotonicTime spawned);
  // Turns every timer off.
  void Cancel();

  // Returns what has become due by `now`. A failure is returned until Cancel.
  Events Look(const DaemonSpec& spec, MonotonicTime now);

  // Returns the time at which Look must be called at the latest.
  MonotonicTime NextDeadline() const;
  // True if the present instance, else the last, is or was a trial.
  bool is_trial() const { return state_.is_trial; }
  // Returns everything that it knows.
  const State& state() const { return state_; }

 private:
  void ExpectReadiness(const DaemonSpec& spec, MonotonicTime spawned);
  absl::optional<Failed> FailureAt(const DaemonSpec& spec, MonotonicTime now) const;

  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_
