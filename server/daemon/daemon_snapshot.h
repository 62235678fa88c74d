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
#include "server/daemon/shared_value.h"
#include "server/daemon/throttle_decision.h"

namespace hob {

// What lets a start come that follows a failure: the rule of the throttle that decided it.
enum class RestartReason {
  // Fewer failures than max_retries: at once.
  kRetry,
  // The same, after the delay that `backoff` asks for.
  kBackoff,
  // The machine was short of something, and the delay for that is over.
  kShortage,
  // A trial of a daemon that was given up.
  kTrial,
};

inline constexpr std::array<RestartReason, 4> kAllRestartReasons = {
    RestartReason::kRetry, RestartReason::kBackoff, RestartReason::kShortage,
    RestartReason::kTrial};

// How often something happened to a daemon since the server knows it.
struct DaemonCounts {
  // Starts that followed a failure.
  int64_t restarts = 0;
  // The same by what let them come, in the order of kAllRestartReasons.
  std::array<int64_t, kAllRestartReasons.size()> restarts_by_reason = {};
  // Ends of instances, failures to spawn included.
  int64_t exits = 0;
  // The same by kind, in the order of the alternatives of EndOfProcess.
  std::array<int64_t, absl::variant_size<EndOfProcess>::value> exits_by_kind = {};
  // What it writes could not be kept any more; while that lasts it counts once.
  int64_t log_stalls = 0;
};

// What is to be said of few daemons.
struct DaemonNotes {
  // What the present instance, else the last, said of itself with sd_notify's STATUS=; printable.
  std::string status_text;
  // Why what it writes cannot be kept at the moment: "log stalled: ..."; empty when it can.
  std::string log_problem;
  // How many bytes the smaller of the last instance's output pipes holds, where that is less than
  // the usual 64 KiB; else 0.
  int64_t small_pipe_bytes = 0;
};

// Everything that is known of a daemon at one moment. Immutable; shared between threads as
// DaemonSnapshotPtr.
struct DaemonSnapshot {
  std::shared_ptr<const DaemonSpec> spec;
  DaemonState state = DaemonState::kStopped;
  // True if the daemon is meant to be up.
  bool wanted = false;
  bool ready = false;
  // Whether KILL does not end something of it: it hangs in the kernel, or refuses the signal.
  bool unkillable = false;
  // Main process; 0 without a live instance.
  pid_t pid = 0;
  // Of the present instance, else of the last.
  absl::optional<absl::Time> start_time;
  absl::optional<absl::Time> ready_time;
  // Why it is in this state: a sentence.
  std::string reason;
  SharedValue<DaemonNotes> notes;
  SharedValue<DaemonCounts> counts;
  // When the next automatic start comes.
  absl::optional<absl::Time> next_start_time;
  // The throttle's last decision; null while it has had nothing to decide. Null again once the
  // history is cleared.
  std::shared_ptr<const ThrottleDecision> throttle;
  // Never null.
  std::shared_ptr<const EndedRuns> runs;

  const std::string& name() const { return spec->name; }
};

// True if the daemon ended by itself with one of its success codes and is left at that: nothing is
// wrong with it, although it is wanted and does not run.
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
