#ifndef HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_
#define HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_spec.h"

namespace hob {

// Holds the timers of the present instance, from its spawn until it ends or is asked to: the time
// at which it counts as up, the time limits for readiness and for the watchdog, and the end of its
// trial. Ends nothing itself.
//
// `spec` is the daemon's present configuration in every call. Not thread-safe: belongs to the
// daemon's worker.
class InstanceWatch {
 public:
  // The complete state of an InstanceWatch. A plain value. A timer that is off is InfiniteFuture.
  struct State {
    // Time at which an instance without a readiness protocol counts as up.
    MonotonicTime up_at = MonotonicTime::InfiniteFuture();
    // Time at which an instance that is not ready has failed, and the verdict for that case.
    MonotonicTime unready_at = MonotonicTime::InfiniteFuture();
    std::string unready_verdict;
    // Time at which the time limit for readiness began.
    MonotonicTime awaited_since;
    // Time up to which the instance asked for more time.
    MonotonicTime extended_until;
    // True if the instance can no longer become ready.
    bool never_ready = false;
    // Time at which the watchdog expires.
    MonotonicTime silent_at = MonotonicTime::InfiniteFuture();
    bool is_trial = false;
    MonotonicTime trial_won_at = MonotonicTime::InfiniteFuture();
  };

  // The reason why the instance has failed, and the signal that ends it.
  struct Failed {
    std::string verdict;
    int signal = 0;
  };

  // The timers that have expired.
  struct Events {
    bool came_up = false;
    absl::optional<Failed> failed;
    bool trial_won = false;
  };

  // Starts to watch an instance that was spawned at `spawned`. Returns true if it counts as up
  // immediately.
  bool Begin(const DaemonSpec& spec, MonotonicTime spawned, bool is_trial);

  // Called when the instance is up: starts the watchdog and turns the readiness timers off.
  void CameUp(const DaemonSpec& spec, MonotonicTime now);
  // Restarts the watchdog, after a sign of life or a change of its setting.
  void BeginWatchdog(const DaemonSpec& spec, MonotonicTime now);
  // Called when the instance asks for more time, up to `time`.
  void ExtendUntil(MonotonicTime time);
  // Called when the instance has closed its readiness descriptor without a newline.
  void CannotBecomeReady(MonotonicTime now);
  // Restarts the time limits for readiness and the watchdog, as if the instance had just started.
  void BeginAnew(const DaemonSpec& spec, MonotonicTime now);
  // Called when `ready_timeout` may have changed.
  void ReadyTimeoutChanged(const DaemonSpec& spec);
  // Turns every timer off.
  void Cancel();

  // Returns the timers that have expired by `now`. Returns a failure again in each call until
  // Cancel.
  Events Look(const DaemonSpec& spec, MonotonicTime now);

  // Returns the latest time for the next call of Look.
  MonotonicTime NextDeadline() const;
  // True if the present instance, otherwise the last one, is a trial.
  bool is_trial() const { return state_.is_trial; }
  // Returns the complete state.
  const State& state() const { return state_; }

 private:
  void ExpectReadiness(const DaemonSpec& spec, MonotonicTime since);
  absl::optional<Failed> FailureAt(const DaemonSpec& spec, MonotonicTime now) const;

  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_INSTANCE_WATCH_H_
