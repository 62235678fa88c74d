// Restarts sets without taking them down: their instances one after the other.
#ifndef HOB_CLIENT_VERBS_ROLLING_RESTART_H_
#define HOB_CLIENT_VERBS_ROLLING_RESTART_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/exit_code.h"
#include "client/session.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace client {

// The restart of the selected instances of a set.
struct SetRestart {
  struct Step {
    // The name for the call: the set's or an instance's.
    std::string name;
    // The names of the instances that the step restarts.
    std::vector<std::string> instances;
    // True for a held instance, which the server leaves out of a roll: it gets a Restart.
    bool held = false;
  };

  // The name of the set.
  std::string set;
  // The steps, each of which begins when the one before has succeeded.
  std::vector<Step> steps;
};

struct RestartPlan {
  // Daemons that are restarted at the same time, in the order of the selection.
  std::vector<std::string> singles;
  // Sets of which two or more instances are selected, in name order.
  std::vector<SetRestart> sets;
};

// Plans the restart of `daemons`. The server rolls a set itself if all its instances that are not
// held are among them; otherwise each instance is a step. Held instances come last. Asks the server
// for the instances of the sets; blocks. Errors of SupervisorClient::List.
absl::StatusOr<RestartPlan> PlanRestart(Session& session, const std::vector<v1::Daemon>& daemons);

struct RestartOptions {
  std::string reason;
  // How long to wait for the outcome of a Restart.
  absl::Duration timeout;
  // How long to wait for a set.
  absl::Duration roll_timeout = absl::InfiniteDuration();
  // True to return as soon as everything is under way. Every set has one step then.
  bool no_wait = false;
};

// Carries the plan out, all singles and sets at the same time. Prints each daemon that has been
// restarted, on a terminal also each that begins, and reports the instances that are left out. On
// Ctrl-C stops waiting, not the restarts. Returns the code for everything. Call
// SupervisorClient::Greet first. Blocks.
ExitCode CarryOut(Session& session, const RestartPlan& plan, const RestartOptions& options);

// Returns "the roll goes on in the server; 'hob watch worker' follows it".
std::string RollGoesOn(const std::string& name);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_ROLLING_RESTART_H_
