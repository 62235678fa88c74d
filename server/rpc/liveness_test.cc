#include "server/rpc/liveness.h"

#include <atomic>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

// Never over in a test.
constexpr absl::Duration kLong = absl::Hours(1);
constexpr absl::Duration kShort = absl::Milliseconds(1);

bool AskAndWait(Liveness& liveness) {
  absl::Notification answered;
  bool answer = false;
  liveness.Ask([&](bool alive) {
    answer = alive;
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

TEST(LivenessTest, ASupervisorThatAnswersIsAlive) {
  std::atomic<int> probes = 0;
  Liveness liveness(kLong, [&] { ++probes; });
  EXPECT_TRUE(AskAndWait(liveness));
  EXPECT_TRUE(AskAndWait(liveness));
  EXPECT_EQ(probes, 2);
}

TEST(LivenessTest, NobodyIsProbedUnlessSomebodyAsks) {
  std::atomic<int> probes = 0;
  {
    Liveness liveness(kShort, [&] { ++probes; });
  }
  EXPECT_EQ(probes, 0);
}

TEST(LivenessTest, AStuckSupervisorIsNotAliveUntilItAnswers) {
  absl::Mutex lock;
  lock.Lock();
  Liveness liveness(kShort, [&] { absl::MutexLock probe(&lock); });
  EXPECT_FALSE(AskAndWait(liveness));
  EXPECT_FALSE(AskAndWait(liveness)) << "at once: the probe is under way still";
  lock.Unlock();
  while (!AskAndWait(liveness)) {
  }
}

TEST(LivenessTest, WhoAsksTogetherIsAnsweredTogether) {
  absl::Notification go_on;
  std::atomic<int> probes = 0;
  Liveness liveness(kLong, [&] {
    ++probes;
    go_on.WaitForNotification();
  });
  absl::BlockingCounter left(10);
  std::atomic<int> alive = 0;
  for (int i = 0; i < 10; ++i) {
    liveness.Ask([&](bool answer) {
      alive += answer ? 1 : 0;
      left.DecrementCount();
    });
  }
  go_on.Notify();
  left.Wait();
  EXPECT_EQ(alive, 10);
  EXPECT_LE(probes, 2) << "the first may begin before the others ask";
}

TEST(LivenessTest, AClosedOneSaysNo) {
  Liveness liveness(kLong, [] {});
  liveness.Close();
  EXPECT_FALSE(AskAndWait(liveness));
  liveness.Close();
}

}  // namespace
}  // namespace hob
