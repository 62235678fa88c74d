#include "server/daemon/daemon_state.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using State = DaemonState;

// Repeats the table at the top of daemon_state.h.
const std::map<State, std::set<State>>& LegalMoves() {
  static const auto* const moves = new std::map<State, std::set<State>>{
      {State::kStopped, {State::kStarting, State::kBackoff, State::kWaiting}},
      {State::kStarting,
       {State::kStopped, State::kStarting, State::kRunning, State::kBackoff, State::kStopping,
        State::kClearing, State::kExited, State::kHalted, State::kWaiting}},
      {State::kRunning,
       {State::kStarting, State::kBackoff, State::kStopping, State::kClearing, State::kExited,
        State::kHalted}},
      {State::kBackoff, {State::kStarting, State::kBackoff, State::kStopped, State::kWaiting}},
      {State::kStopping,
       {State::kStopped, State::kStarting, State::kBackoff, State::kClearing, State::kExited,
        State::kHalted, State::kWaiting}},
      {State::kClearing,
       {State::kStopped, State::kStarting, State::kBackoff, State::kExited, State::kHalted,
        State::kWaiting}},
      {State::kExited, {State::kStarting, State::kBackoff, State::kStopped, State::kWaiting}},
      {State::kHalted, {State::kStarting, State::kBackoff, State::kStopped, State::kWaiting}},
      {State::kWaiting, {State::kStarting, State::kBackoff, State::kStopped}},
  };
  return *moves;
}

TEST(DaemonStateTest, AllDaemonStatesHasEachStateOnce) {
  std::set<State> states(kAllDaemonStates.begin(), kAllDaemonStates.end());
  EXPECT_EQ(states.size(), kAllDaemonStates.size());
  for (const auto& [from, targets] : LegalMoves()) EXPECT_EQ(states.count(from), 1);
  EXPECT_EQ(states.size(), LegalMoves().size());
}

TEST(DaemonStateTest, ExactlyTheMovesOfTheTableAreLegal) {
  for (State from : kAllDaemonStates) {
    for (State to : kAllDaemonStates) {
      EXPECT_EQ(IsLegalMove(from, to), LegalMoves().at(from).count(to) == 1)
          << DaemonStateName(from) << " (" << static_cast<int>(from) << ") to "
          << DaemonStateName(to) << " (" << static_cast<int>(to) << ")";
    }
  }
}

TEST(DaemonStateTest, WhatIsNoStateHasNoMoveAndNoName) {
  const auto nonsense = static_cast<State>(99);
  for (State to : kAllDaemonStates) EXPECT_FALSE(IsLegalMove(nonsense, to));
  EXPECT_EQ(DaemonStateName(nonsense), "");
}

TEST(DaemonStateTest, NamesAreThoseOfTheContract) {
  EXPECT_EQ(DaemonStateName(State::kStopped), "STOPPED");
  EXPECT_EQ(DaemonStateName(State::kStarting), "STARTING");
  EXPECT_EQ(DaemonStateName(State::kRunning), "RUNNING");
  EXPECT_EQ(DaemonStateName(State::kBackoff), "BACKOFF");
  EXPECT_EQ(DaemonStateName(State::kStopping), "STOPPING");
  EXPECT_EQ(DaemonStateName(State::kExited), "EXITED");
  EXPECT_EQ(DaemonStateName(State::kHalted), "HALTED");
}

TEST(DaemonStateTest, ClearingIsStoppingForThoseOutside) {
  EXPECT_EQ(DaemonStateName(State::kClearing), "STOPPING");
}

}  // namespace
}  // namespace hob
