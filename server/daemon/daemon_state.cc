#include "server/daemon/daemon_state.h"

namespace hob {
namespace {

using State = DaemonState;

bool IsRest(State state) {
  return state == State::kStopped || state == State::kBackoff || state == State::kExited ||
         state == State::kHalted || state == State::kWaiting;
}

}  // namespace

bool IsLegalMove(State from, State to) {
  switch (from) {
    case State::kStopped:
      return to == State::kStarting || to == State::kBackoff || to == State::kWaiting;
    case State::kStarting:
      return true;
    case State::kRunning:
      return to != State::kStopped && to != State::kRunning && to != State::kWaiting;
    case State::kStopping:
      return IsRest(to) || to == State::kStarting || to == State::kClearing;
    case State::kClearing:
      return IsRest(to) || to == State::kStarting;
    case State::kBackoff:
    case State::kExited:
    case State::kHalted:
    case State::kWaiting:
      return to == State::kStarting || to == State::kStopped || to == State::kBackoff ||
             (to == State::kWaiting && from != to);
  }
  return false;
}

absl::string_view DaemonStateName(State state) {
  switch (state) {
    case State::kStopped:
      return "STOPPED";
    case State::kStarting:
      return "STARTING";
    case State::kRunning:
      return "RUNNING";
    case State::kBackoff:
      return "BACKOFF";
    case State::kStopping:
    case State::kClearing:
      return "STOPPING";
    case State::kExited:
      return "EXITED";
    case State::kHalted:
      return "HALTED";
    case State::kWaiting:
      return "WAITING";
  }
  return "";
}

}  // namespace hob
