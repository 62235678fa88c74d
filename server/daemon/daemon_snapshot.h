#ifndef HOB_SERVER_DAEMON_DAEMON_SNAPSHOT_H_
#define HOB_SERVER_DAEMON_DAEMON_SNAPSHOT_H_

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/clock/clock.h"
#include "server/daemon/daemon_spec.h"
#include "server/daemon/daemon_state.h"
#include "server/daemon/ended_runs.h"
#include "server/daemon/exit_report.h"
#include "server/daemon/hold.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// The rule of the throttle that allowed a start after a failure.
enum class RestartReason {
  // Fewer than max_retries failures: restart immediately.
  kRetry,
  // As kRetry, after the delay set by `backoff`.
  kBackoff,
  // The delay after a shortage of the machine is over.
  kShortage,
  // A trial of a daemon that was given up.
  kTrial,
};

inline constexpr std::array<RestartReason, 4> kAllRestartReasons = {
    RestartReason::kRetry, RestartReason::kBackoff, RestartReason::kShortage,
    RestartReason::kTrial};

// Counts the events of a daemon since the server first knew it.
struct DaemonCounts {
  // Starts that followed a failure.
  int64_t restarts = 0;
  // The same by reason, in the order of kAllRestartReasons.
  std::array<int64_t, kAllRestartReasons.size()> restarts_by_reason = {};
  // Ends of instances, including failures to spawn.
  int64_t exits = 0;
  // The same by kind, in the order of the alternatives of EndOfProcess.
  std::array<int64_t, absl::variant_size<EndOfProcess>::value> exits_by_kind = {};
  // Number of times that the output could no longer be kept, each counted when it began.
  int64_t log_stalls = 0;
};

// Details that most daemons never have.
struct DaemonNotes {
  // STATUS= of sd_notify from the present instance, otherwise the last one; printable.
  std::string status_text;
  // The reason why the output cannot be kept at the moment: "log stalled: ..."; empty if it can.
  std::string log_problem;
  // Capacity in bytes of the smaller of the last instance's output pipes, if it is less than the
  // usual 64 KiB; otherwise 0.
  int64_t small_pipe_bytes = 0;
};

// The occasion on which a daemon takes its pending configuration.
enum class PendingUntil {
  // The end of its instance, which is being stopped for that.
  kStopped,
  // A command, or a start along with a partner, because no instance could start with it.
  kCommand,
  // Any start: the daemon was held.
  kStart,
  // A command or a roll: other instances of its set come first.
  kRoll,
};

// A command that changed a daemon. A plain value.
struct CommandRecord {
  // The method of the API: "Stop".
  std::string method;
  // Caller::name of its sender.
  std::string caller;
  // The sender's reason; untrusted text, may be empty.
  std::string reason;
  absl::Time time;
};

// Holds all facts about a daemon at one moment. Immutable; shared between threads as
// DaemonSnapshotPtr.
struct DaemonSnapshot {
  // The configuration that automatic starts use, and that the present instance runs with.
  std::shared_ptr<const DaemonSpec> spec;
  // The configuration in force, if the daemon has not taken it yet; otherwise null.
  std::shared_ptr<const DaemonSpec> pending_spec;
  // Only with pending_spec.
  PendingUntil pending_until = PendingUntil::kStopped;
  DaemonState state = DaemonState::kStopped;
  // True if the daemon should be up.
  bool wanted = false;
  bool ready = false;
  DaemonHealth health = DaemonHealth::kUnchecked;
  // True if a process of the daemon survives KILL: it hangs in the kernel, or refuses the signal.
  bool unkillable = false;
  // True if the daemon was told to end and runs on until its dependents have ended.
  bool awaits_dependents = false;
  // In WAITING: the dependencies whose conditions do not hold.
  std::vector<Dependency> blockers;
  // True in WAITING if the start waits for the end of the hold.
  bool awaits_release = false;
  // Main process; 0 without a live instance.
  pid_t pid = 0;
  // The generation that the present instance runs with, otherwise the last; 0 before the first.
  int64_t running_generation = 0;
  // Of the present instance, otherwise of the last.
  absl::optional<absl::Time> start_time;
  absl::optional<absl::Time> ready_time;
  // The reason for the present state, as a sentence.
  std::string reason;
  DaemonNotes notes;
  DaemonCounts counts;
  // Time of the next automatic start.
  absl::optional<absl::Time> next_start_time;
  // The throttle's last decision; null before the first, and after the history is cleared.
  std::shared_ptr<const ThrottleDecision> throttle;
  // Null if the daemon is not held.
  std::shared_ptr<const Hold> hold;
  // The last command that changed the daemon; null before the first.
  std::shared_ptr<const CommandRecord> last_command;
  // Never null.
  std::shared_ptr<const EndedRuns> runs;

  const std::string& name() const { return spec->name; }
  // True if the daemon keeps its former configuration until a later start.
  bool keeps_former_spec() const {
    return pending_spec != nullptr && pending_until != PendingUntil::kStopped;
  }
  // The configuration in force.
  const DaemonSpec& latest_spec() const { return pending_spec != nullptr ? *pending_spec : *spec; }
};

// True if the daemon ended by itself with one of its success codes and stays down. Such a daemon is
// wanted and does not run, but has no problem.
inline bool HasCompleted(const DaemonSnapshot& daemon) {
  if (daemon.state != DaemonState::kExited || daemon.runs->empty()) return false;
  const ExitReport& exit = daemon.runs->front().exit;
  const auto* exited = absl::get_if<ExitedWithCode>(&exit.end);
  const std::vector<int>& codes = daemon.spec->restart_policy.success_exit_codes;
  return exited != nullptr && exit.verdict.empty() &&
         std::find(codes.begin(), codes.end(), exited->code) != codes.end();
}

using DaemonSnapshotPtr = std::shared_ptr<const DaemonSnapshot>;

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_SNAPSHOT_H_
