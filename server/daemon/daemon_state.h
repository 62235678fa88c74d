#ifndef HOB_SERVER_DAEMON_DAEMON_STATE_H_
#define HOB_SERVER_DAEMON_DAEMON_STATE_H_

#include <array>

#include "absl/strings/string_view.h"

namespace hob {

// The states of a daemon. Resting states end in -ED, active ones in -ING.
//
//   from        to           when
//   STOPPED     STARTING     boot, reload, Start, Restart
//               BACKOFF      boot or reload, and the machine's start budget is used up
//               WAITING      as to STARTING, and a dependency is not met
//   STARTING    RUNNING      ready, or stayed up for start_time
//               STOPPING     Stop, Restart, reload, shutdown; or not ready in time
//               CLEARING     the main process ended and left processes behind
//               STARTING     the spawn failed, or it ended: the throttle restarts it at once
//               BACKOFF, HALTED, EXITED   the same, as the throttle or `restart` decides
//               WAITING      the throttle restarts it at once, and a dependency is not met
//               STOPPED      Stop, shutdown, between two attempts to spawn
//   RUNNING     STOPPING     Stop, Restart, reload, shutdown; or its watchdog ran out
//               CLEARING, STARTING, BACKOFF, HALTED, EXITED   as from STARTING
//   BACKOFF     STARTING     its delay is over, Start, Restart
//               BACKOFF      its delay is over, and the machine's start budget is used up
//               WAITING      its delay is over, and a dependency is not met
//               STOPPED      Stop, shutdown
//   STOPPING    STOPPED      no process is left
//               CLEARING     the main process ended and left processes behind
//               STARTING, BACKOFF, HALTED, EXITED, WAITING   no process is left, after a restart or
//                            failure
//   CLEARING    STOPPED, STARTING, BACKOFF, HALTED, EXITED, WAITING   no process is left
//   EXITED      STARTING     Start, Restart, reload with a change that needs a new process
//               BACKOFF      the same reload, and the machine's start budget is used up
//               WAITING      as to STARTING, and a dependency is not met
//               STOPPED      Stop, shutdown
//   HALTED      as EXITED; STARTING also by a trial of `on_halt = retry`
//   WAITING     as EXITED; STARTING when its dependencies are met
//
// Users see CLEARING as STOPPING: processes of the daemon are still alive, and are being killed or,
// after a stop, have until `stop_timeout` to end.
enum class DaemonState {
  kStopped,
  kStarting,
  kRunning,
  kBackoff,
  kStopping,
  kClearing,
  kExited,
  kHalted,
  kWaiting,
};

inline constexpr std::array<DaemonState, 9> kAllDaemonStates = {
    DaemonState::kStopped, DaemonState::kStarting, DaemonState::kRunning,
    DaemonState::kBackoff, DaemonState::kStopping, DaemonState::kClearing,
    DaemonState::kExited,  DaemonState::kHalted,   DaemonState::kWaiting,
};

// True if the table above contains the move.
bool IsLegalMove(DaemonState from, DaemonState to);

// Returns "RUNNING" and the like; "STOPPING" for kClearing.
absl::string_view DaemonStateName(DaemonState state);

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_DAEMON_STATE_H_
