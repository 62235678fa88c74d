#include "server/sync/background_thread.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/base/thread_annotations.h"
#include "server/sync/mutex.h"

namespace hob {
namespace {

// Adds up the amounts it is given.
class Adder {
 public:
  Adder() {
    thread_.Start([this] { Loop(); },
                  [this] {
                    MutexLock lock(&mu_);
                    changed_.WakeAll();
                  });
  }

  void Add(int amount) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    added_ += amount;
    changed_.WakeAll();
  }

  int WaitForSum(int sum) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (sum_ < sum) changed_.Wait(&mu_);
    return sum_;
  }

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (!thread_.ending()) {
      sum_ += added_;
      added_ = 0;
      changed_.WakeAll();
      while (added_ == 0 && !thread_.ending()) changed_.Wait(&mu_);
    }
  }

  Mutex mu_;
  CondVar changed_;
  int added_ ABSL_GUARDED_BY(mu_) = 0;
  int sum_ ABSL_GUARDED_BY(mu_) = 0;
  BackgroundThread thread_;
};

TEST(BackgroundThreadTest, WorksUntilItsOwnerEnds) {
  Adder adder;
  adder.Add(1);
  EXPECT_EQ(adder.WaitForSum(1), 1);
  adder.Add(2);
  EXPECT_EQ(adder.WaitForSum(3), 3);
}

TEST(BackgroundThreadTest, EndsRightAfterItsStart) {
  for (int i = 0; i < 1000; ++i) Adder();
}

TEST(BackgroundThreadTest, IsAskedThenWokenThenJoined) {
  std::string order;
  Mutex mu;
  CondVar changed;
  bool woken = false;
  BackgroundThread thread;
  EXPECT_FALSE(thread.started());
  thread.Start(
      [&] {
        MutexLock lock(&mu);
        while (!woken) changed.Wait(&mu);
        order += thread.ending() ? " was asked," : " was not asked,";
      },
      [&] {
        order += thread.ending() ? "asked," : "not asked,";
        MutexLock lock(&mu);
        order += " woken,";
        woken = true;
        changed.WakeAll();
      });
  EXPECT_TRUE(thread.started());
  EXPECT_FALSE(thread.ending());
  thread.End();
  EXPECT_EQ(order, "asked, woken, was asked,");
  thread.End();
  EXPECT_EQ(order, "asked, woken, was asked,") << "ended once";
}

TEST(BackgroundThreadTest, EndsWithoutAStart) {
  BackgroundThread thread;
  thread.End();
  EXPECT_TRUE(thread.ending());
}

TEST(BackgroundThreadTest, DoesNotWaitForAnAbandonedThread) {
  struct Shared {
    Mutex mu;
    CondVar changed;
    bool let_go ABSL_GUARDED_BY(mu) = false;
    bool gone ABSL_GUARDED_BY(mu) = false;
  } shared;
  {
    BackgroundThread thread;
    thread.Start(
        [&shared] {
          MutexLock lock(&shared.mu);
          while (!shared.let_go) shared.changed.Wait(&shared.mu);
          shared.gone = true;
          shared.changed.WakeAll();
        },
        [] { ADD_FAILURE() << "woken"; });
    thread.Abandon();
  }
  MutexLock lock(&shared.mu);
  EXPECT_FALSE(shared.gone);
  shared.let_go = true;
  shared.changed.WakeAll();
  while (!shared.gone) shared.changed.Wait(&shared.mu);
}

}  // namespace
}  // namespace hob
