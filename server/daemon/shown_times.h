#ifndef HOB_SERVER_DAEMON_SHOWN_TIMES_H_
#define HOB_SERVER_DAEMON_SHOWN_TIMES_H_

#include "absl/time/time.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// Returns `daemon`, which is not null, with its times as the wall clock shows them: adds
// `wall_step`, which is Clock::WallStep, to each. People and programs subtract these times from the
// wall clock; the result is right only if both are on the same side of a step of that clock.
// Returns `daemon` itself if the step is zero.
DaemonSnapshotPtr WithShownTimes(DaemonSnapshotPtr daemon, absl::Duration wall_step);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_SHOWN_TIMES_H_
