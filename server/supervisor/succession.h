#ifndef HOB_SERVER_SUPERVISOR_SUCCESSION_H_
#define HOB_SERVER_SUPERVISOR_SUCCESSION_H_

#include <string>

#include "absl/types/variant.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// Holds the next step of a daemon for the time when all processes of the present instance are gone.
// A later call replaces an earlier plan; after Finish, only another Finish does.
//
// Not thread-safe: belongs to the daemon's worker.
class Succession {
 public:
  // The throttle decides, as soon as the main process has ended by itself.
  struct AsDecided {
    ThrottleDecision decision;
  };
  // The daemon stays STOPPED.
  struct Stopped {
    std::string reason;
  };
  // Another instance starts.
  struct Restart {
    std::string reason;
    bool by_operator = false;
    // True if not requested: the daemon follows a partner. It then keeps its history, and its
    // former configuration if the present one cannot start.
    bool is_automatic = false;
    // The reason of an earlier requested stop; empty without one.
    std::string stop_reason;
  };
  // The daemon ends for good.
  struct Final {
    // True if the daemon left the configuration; false if the server shuts down.
    bool is_removal = false;
    // True once the daemon has ended.
    bool is_done = false;
  };
  // The complete state of a Succession. A plain value.
  using State = absl::variant<AsDecided, Stopped, Restart, Final>;

  // Takes the throttle's decision; ignored unless the throttle decides.
  void Decide(ThrottleDecision decision);
  // Removes the trial start from the throttle's decision, if that was to give up.
  void DropTrial();
  // Plans to stay STOPPED, because of `reason`.
  void StayStopped(std::string reason);
  // Plans to start another instance, because of `reason`.
  void StartAgain(std::string reason, bool by_operator);
  // Plans to start another instance, because a partner has ended or is about to.
  void StartWithPartner(std::string reason);
  // Called when the daemon is held: makes a planned start wait for the release, even if an operator
  // commanded it.
  void KeepBack();
  // Plans to end the daemon for good: it left the configuration, or the server shuts down.
  void Finish(bool is_removal);
  // Notes that the daemon has ended for good. Precondition: is_final().
  void Finished();

  // Returns the plan and resets it to AsDecided; Final stays. Called once no process is left.
  State Take();

  // True if the throttle decides.
  bool is_as_decided() const { return absl::holds_alternative<AsDecided>(state_); }
  // True if the daemon will end for good, or has.
  bool is_final() const { return absl::holds_alternative<Final>(state_); }
  // True if the daemon ends for good because it left the configuration.
  bool is_removal() const { return is_final() && absl::get<Final>(state_).is_removal; }
  // True once it has ended for good.
  bool finished() const { return is_final() && absl::get<Final>(state_).is_done; }
  // True if another instance starts.
  bool is_restart() const { return absl::holds_alternative<Restart>(state_); }
  // True if an operator commanded the planned restart.
  bool is_by_operator() const;
  // True if the planned restart was not requested.
  bool is_automatic() const;
  // Returns the reason why the daemon will be STOPPED, even if only until it starts again; empty if
  // it will not.
  std::string StopReason() const;
  // Returns the complete state.
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_SUCCESSION_H_
