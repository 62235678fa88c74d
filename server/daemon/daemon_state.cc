#include "server/daemon/daemon_state.h"

namespace hob {
namespace {

using State = DaemonState;

bool IsRest(State state) {
  return state == State::kStopped || state == State::kBackoff || state == State::kExited ||
         state == State::kHalted;
}

}  // namespace

bool IsLegalMove(State from, State to) {
  switch (from) {
    case State::kStopped:
      return to == State::kStarting || to == State::kBackoff;
    case State::kStarting:
      return true;
    case State::kRunning:
      return to != State::kStopped && to != State::kRunning;
    case State::kStopping:
      return IsRest(to) || to == State::kStarting || to == State::kClearing;
    case State::kClearing:
      return IsRest(to) || to == State::kStarting;
    case State::kBackoff:
    case State::kExited:
    case State::kHalted:
      return to == State::kStarting || to == State::kStopped || to == State::kBackoff;
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
  }
  return "";
}

}  // namespace hob
