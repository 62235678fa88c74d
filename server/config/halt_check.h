#ifndef HOB_SERVER_CONFIG_HALT_CHECK_H_
#define HOB_SERVER_CONFIG_HALT_CHECK_H_

#include "absl/time/time.h"
#include "server/daemon/restart_policy.h"

namespace hob {

// The least time between the first and the last of `failures` failures in a row: the delays between
// them, without jitter, for instances that end as soon as they are started.
absl::Duration LeastSpanOfFailures(const RestartPolicy& policy, int64_t failures);

// Whether the throttle can ever give a daemon with this policy up. It cannot
// when the delays alone between `max_retries` failures take `retry_time` or longer: an instance
// lives a little too, so that they never fall into one window. A policy that never restarts counts
// as one that can.
bool CanEverHalt(const RestartPolicy& policy);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_HALT_CHECK_H_
