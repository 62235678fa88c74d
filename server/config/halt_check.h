#ifndef HOB_SERVER_CONFIG_HALT_CHECK_H_
#define HOB_SERVER_CONFIG_HALT_CHECK_H_

#include "absl/time/time.h"
#include "server/daemon/restart_policy.h"

namespace hob {

// Returns the least time between the first and the last of `failures` failures in a row: the delays
// between them, without jitter, for instances that end as soon as they start.
absl::Duration LeastSpanOfFailures(const RestartPolicy& policy, int64_t failures);

// True if the throttle can ever halt a daemon with this policy. It cannot if the delays between
// `max_retries` failures alone take `retry_time` or longer: instances live for a while, too, so
// that the failures never fall into one window. True for a policy that never restarts.
bool CanEverHalt(const RestartPolicy& policy);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_HALT_CHECK_H_
