#include "server/sync/mutex.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace hob {
namespace {

struct Counter {
  Mutex mu;
  int count ABSL_GUARDED_BY(mu) = 0;
};

TEST(MutexTest, AdmitsOneThreadAtATime) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 10'000;
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&counter] {
      for (int round = 0; round < kRounds; ++round) {
        MutexLock lock(&counter.mu);
        ++counter.count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(&counter.mu);
  EXPECT_EQ(counter.count, kThreads * kRounds);
}

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

TEST(CondVarTest, WaitReleasesAndReacquiresTheMutex) {
  Counter counter;
  CondVar changed;
  std::thread other([&] {
    MutexLock lock(&counter.mu);
    while (counter.count != 1) changed.Wait(&counter.mu);
    counter.count = 2;
    changed.WakeOne();
  });
  {
    MutexLock lock(&counter.mu);
    counter.count = 1;
    changed.WakeOne();
    while (counter.count != 2) changed.Wait(&counter.mu);
    EXPECT_EQ(counter.count, 2);
  }
  other.join();
}

TEST(CondVarTest, WakeAllWakesAllWaiters) {
  constexpr int kThreads = 8;
  Counter counter;
  CondVar changed;
  bool woken = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      MutexLock lock(&counter.mu);
      ++counter.count;
      while (!woken) changed.Wait(&counter.mu);
      --counter.count;
    });
  }
  for (bool all_wait = false; !all_wait;) {
    MutexLock lock(&counter.mu);
    all_wait = counter.count == kThreads;
  }
  {
    MutexLock lock(&counter.mu);
    woken = true;
    changed.WakeAll();
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(&counter.mu);
  EXPECT_EQ(counter.count, 0);
}

TEST(CondVarTest, WaitEndsAtItsDeadline) {
  Mutex mu;
  CondVar changed;
  MutexLock lock(&mu);
  const CondVar::Deadline deadline = CondVar::In(milliseconds(2));
  while (changed.WaitUntil(&mu, deadline)) continue;
  EXPECT_GE(steady_clock::now(), deadline);
  EXPECT_FALSE(changed.WaitUntil(&mu, deadline)) << "deadline passed";
}

TEST(CondVarTest, WaitWithADeadlineEndsWhenWoken) {
  for (const CondVar::Deadline deadline : {CondVar::In(hours(1)), CondVar::Deadline::max()}) {
    Counter counter;
    CondVar changed;
    std::thread other([&] {
      MutexLock lock(&counter.mu);
      counter.count = 1;
      changed.WakeOne();
    });
    {
      MutexLock lock(&counter.mu);
      while (counter.count == 0) EXPECT_TRUE(changed.WaitUntil(&counter.mu, deadline));
    }
    other.join();
  }
}

TEST(CondVarTest, ClampsADeadlineOutOfRange) {
  EXPECT_EQ(CondVar::In(nanoseconds::max()), CondVar::Deadline::max());
  const CondVar::Deadline now = CondVar::In(nanoseconds(0));
  EXPECT_LE(now, steady_clock::now());
  EXPECT_LT(CondVar::In(hours(1)), CondVar::Deadline::max());
}

}  // namespace
}  // namespace hob
