#ifndef HOB_SERVER_DAEMON_SHOWN_TIMES_H_
#define HOB_SERVER_DAEMON_SHOWN_TIMES_H_

#include "absl/time/time.h"
#include "server/daemon/daemon_snapshot.h"

namespace hob {

// Returns `daemon`, which is not null, with `wall_step` (Clock::WallStep) added to each of its
// times, so that they match the present wall clock. Users and programs subtract these times from
// the wall clock, which is only correct if both are on the same side of a step of that clock.
// Returns `daemon` itself if the step is zero.
DaemonSnapshotPtr WithShownTimes(DaemonSnapshotPtr daemon, absl::Duration wall_step);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_SHOWN_TIMES_H_
