#include "server/sync/mutex.h"

#include <gmock/gmock.h>

#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace hob {
namespace {

struct Counter {
  Mutex mu;
  int count ABSL_GUARDED_BY(mu) = 0;
};

TEST(MutexTest, LetsInOneAtATime) {
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

}  // namespace
}  // namespace hob
