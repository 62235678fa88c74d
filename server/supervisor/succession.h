#ifndef HOB_SERVER_SUPERVISOR_SUCCESSION_H_
#define HOB_SERVER_SUPERVISOR_SUCCESSION_H_

#include <string>

#include "absl/types/variant.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// The plan for the moment in which nothing of the present instance is left. A later call replaces
// an earlier plan; after Finish only Finish does.
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
    // The reason of the stop that was asked for before; empty if none was.
    std::string stop_reason;
  };
  // The daemon ends for good.
  struct Final {
    // True if it left the configuration, false if the server shuts down.
    bool is_removal = false;
    // True once it has ended.
    bool is_done = false;
  };
  // Holds everything that a Succession knows. A plain value.
  using State = absl::variant<AsDecided, Stopped, Restart, Final>;

  // Takes the throttle's decision; ignored unless the throttle decides.
  void Decide(ThrottleDecision decision);
  // No trial start comes, should the throttle have decided to give up.
  void DropTrial();
  // The daemon is to stay STOPPED, because of `reason`.
  void StayStopped(std::string reason);
  // Another instance is to start, because of `reason`.
  void StartAgain(std::string reason, bool by_operator);
  // The daemon is to end for good: it left the configuration, or the server shuts down.
  void Finish(bool is_removal);
  // The daemon has ended for good. Precondition: is_final().
  void Finished();

  // Returns the plan, now that nothing is left, and begins anew with AsDecided; Final stays.
  State Take();

  // True if the throttle decides.
  bool is_as_decided() const { return absl::holds_alternative<AsDecided>(state_); }
  // True if the daemon is to end for good, or has.
  bool is_final() const { return absl::holds_alternative<Final>(state_); }
  // True if the daemon ends for good because it left the configuration.
  bool is_removal() const { return is_final() && absl::get<Final>(state_).is_removal; }
  // True once it has ended for good.
  bool finished() const { return is_final() && absl::get<Final>(state_).is_done; }
  // Returns why the daemon is going to be STOPPED, be it only until it starts again; empty if it is
  // not.
  std::string StopReason() const;
  // Returns everything that it knows.
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_SUCCESSION_H_
