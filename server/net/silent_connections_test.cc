#include "server/net/silent_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

class SilentConnectionsTest : public testing::Test {
 protected:
  // Adds a connection; returns the caller's end.
  UniqueFd Connect() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    connections_.Add(UniqueFd(ends[0]));
    return UniqueFd(ends[1]);
  }

  // Polls once without waiting.
  void Poll() {
    std::vector<pollfd> fds;
    connections_.AppendTo(fds);
    poll(fds.data(), fds.size(), 0);
    connections_.Handle(fds.data(), [this](UniqueFd fd) {
      ++passed_on_;
      spoken_ = std::move(fd);
    });
  }

  static bool IsHungUpOn(const UniqueFd& caller) {
    char byte;
    return read(caller.get(), &byte, 1) == 0;
  }

  SimulatedClock clock_;
  SilentConnections connections_{clock_};
  UniqueFd spoken_;
  int passed_on_ = 0;
};

TEST_F(SilentConnectionsTest, PassesOnACallerThatHasSentData) {
  const UniqueFd caller = Connect();
  Poll();
  EXPECT_EQ(passed_on_, 0);
  EXPECT_FALSE(IsHungUpOn(caller));
  ASSERT_EQ(write(caller.get(), "x", 1), 1);
  Poll();
  EXPECT_EQ(passed_on_, 1);
  EXPECT_EQ(connections_.size(), 0);
  char byte = 0;
  EXPECT_EQ(read(spoken_.get(), &byte, 1), 1) << "the first byte is left for the next owner";
}

TEST_F(SilentConnectionsTest, PassesOnACallerThatHasLeft) {
  Connect().Reset();
  Poll();
  EXPECT_EQ(passed_on_, 1);
  EXPECT_EQ(connections_.size(), 0);
}

TEST_F(SilentConnectionsTest, WaitsHalfAMinuteForACaller) {
  const UniqueFd caller = Connect();
  clock_.Advance(absl::Seconds(30));
  Poll();
  EXPECT_FALSE(IsHungUpOn(caller));
}

TEST_F(SilentConnectionsTest, HangsUpOnASilentCaller) {
  EXPECT_EQ(connections_.PollTimeout(), -1);
  const UniqueFd first = Connect();
  EXPECT_EQ(connections_.PollTimeout(), 60'000);
  clock_.Advance(absl::Seconds(20));
  const UniqueFd second = Connect();
  clock_.Advance(absl::Microseconds(39'999'500));
  EXPECT_EQ(connections_.PollTimeout(), 1);
  Poll();
  EXPECT_FALSE(IsHungUpOn(first));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(connections_.PollTimeout(), 0);
  Poll();
  EXPECT_TRUE(IsHungUpOn(first));
  EXPECT_FALSE(IsHungUpOn(second));
  EXPECT_EQ(connections_.size(), 1);
  EXPECT_EQ(passed_on_, 0);
}

TEST_F(SilentConnectionsTest, EvictsTheLongestSilentCaller) {
  std::vector<UniqueFd> callers;
  for (int i = 0; i < SilentConnections::kMaxConnections + 2; ++i) callers.push_back(Connect());
  EXPECT_EQ(connections_.size(), SilentConnections::kMaxConnections);
  EXPECT_TRUE(IsHungUpOn(callers[0]));
  EXPECT_TRUE(IsHungUpOn(callers[1]));
  EXPECT_FALSE(IsHungUpOn(callers[2]));
  EXPECT_FALSE(IsHungUpOn(callers.back()));
}

}  // namespace
}  // namespace hob
