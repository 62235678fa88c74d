#ifndef HOB_SERVER_DAEMON_RESTART_POLICY_H_
#define HOB_SERVER_DAEMON_RESTART_POLICY_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace hob {

// The ends of a daemon that lead to a restart.
enum class RestartMode {
  // After every end; each is a failure, even exit code 0.
  kAlways,
  // After every end except an exit with one of `success_exit_codes`.
  kOnFailure,
  // After none: every end leads to EXITED.
  kNever,
};

// The treatment of a daemon that the throttle gave up.
enum class OnHalt {
  // Stay down until an operator starts the daemon or a reload changes it.
  kStay,
  // Make one trial start every `halt_retry`.
  kRetry,
};

// Decides when a daemon is restarted. The defaults are those of CouchDB's OS daemons. A plain
// value.
struct RestartPolicy {
  RestartMode restart = RestartMode::kAlways;
  // Exit codes, 0 to 255, that do not count as a failure under kOnFailure.
  std::vector<int> success_exit_codes = {0};

  // `max_retries` failures within `retry_time` halt the daemon; 0 and 1 both mean: never restart.
  int64_t max_retries = 3;
  absl::Duration retry_time = absl::Seconds(5);

  // Delay before the n-th restart in a row: backoff * backoff_factor^(n-1), at most backoff_max,
  // plus up to `backoff_jitter` of itself at random. Zero restarts at once.
  absl::Duration backoff;
  double backoff_factor = 2;
  absl::Duration backoff_max = absl::Seconds(30);
  // A fraction: 0.1 is 10 %.
  double backoff_jitter = 0.1;

  OnHalt on_halt = OnHalt::kStay;
  absl::Duration halt_retry = absl::Minutes(1);
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_RESTART_POLICY_H_
