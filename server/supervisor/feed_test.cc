// Checks that feed, list, history, counters and the fake kernel agree under concurrent operations:
// real worker threads on a fake kernel, and one reader that only follows the feed.
#include <glog/logging.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/process/testing/fake_spawner.h"
#include "server/registry/testing/follower.h"
#include "server/supervisor/supervisor.h"

namespace hob {
namespace {

constexpr int kOperations = 10'000;
constexpr int kDaemons = 20;

std::string Name(int number) { return absl::StrCat("d", number); }

// Returns a configuration, number `version`, of the daemons from `first` on.
Config ConfigFrom(int first, int version) {
  Config config;
  for (int i = first; i < kDaemons; ++i) {
    auto spec = std::make_shared<DaemonSpec>();
    spec->name = Name(i);
    spec->argv = {"/bin/daemon"};
    if (i % 3 == 0) spec->argv.push_back(absl::StrCat(version));
    spec->restart_policy.max_retries = i % 2 == 0 ? 3 : 1'000'000;
    spec->restart_policy.retry_time = absl::Milliseconds(20);
    config.daemons[spec->name] = std::move(spec);
  }
  return config;
}

class FeedTest : public testing::Test {
 protected:
  FeedTest() {
    // Logging each change of state would take longer than the changes.
    FLAGS_minloglevel = google::GLOG_FATAL;
    context_.clock = &Clock::Real();
    context_.spawner = &spawner_;
    context_.throttle = &throttle_;
    context_.registry = &registry_;
    context_.journal = &journal_;
    context_.waits = &waits_;
  }

  // Blocks while too many commands are unanswered.
  void Post(const std::string& name, Command::Kind kind) {
    constexpr int kMostPending = 8;
    {
      const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return pending_ < kMostPending;
      };
      absl::MutexLock lock(&mu_, absl::Condition(&has_room));
      ++pending_;
    }
    Command command(kind, Caller::Server());
    command.signal = SIGKILL;
    command.no_wait = kind != Command::Kind::kSignal;
    command.done = [this](const absl::StatusOr<DaemonSnapshotPtr>&) {
      absl::MutexLock lock(&mu_);
      --pending_;
    };
    supervisor_.Post(name, std::move(command));
  }

  void OneOperation(int number, std::mt19937& random) {
    const std::string name = Name(random() % kDaemons);
    switch (random() % 6) {
      case 0:
        return Post(name, Command::Kind::kStart);
      case 1:
        return Post(name, Command::Kind::kStop);
      case 2:
        return Post(name, Command::Kind::kRestart);
      case 3:
        return Post(name, Command::Kind::kSignal);
      default:
        // The daemon may have no process.
        spawner_.End(name, ExitedWithCode{static_cast<int>(random() % 3)});
    }
    if (number % 500 == 0) {
      EXPECT_TRUE(supervisor_.Apply(ConfigFrom(random() % kDaemons, number)).ok());
    }
  }

  absl::Mutex mu_;
  int pending_ ABSL_GUARDED_BY(mu_) = 0;
  FakeSpawner spawner_{Clock::Real(), FakeSpawner::Wakes::kByDescriptor};
  RestartThrottle throttle_{StartBudget::Options()};
  // Large enough that the registry never drops a change that the follower has not read.
  Registry registry_{/*kept_changes=*/1'000'000};
  Journal journal_;
  ChangeWaits waits_;
  DaemonRunner::Context context_;
  Supervisor supervisor_{context_, ConfigFrom(0, 0)};
};

TEST_F(FeedTest, FollowersKnowWhatIsSoAfterTenThousandRandomOperations) {
  Follower follower(registry_);
  std::atomic<bool> over{false};
  std::thread following([&] {
    while (!over) follower.Follow();
  });
  ASSERT_TRUE(supervisor_.Populate().ok());
  supervisor_.Boot();
  std::mt19937 random(20'261'122);
  for (int i = 0; i < kOperations; ++i) OneOperation(i, random);

  absl::Notification all_down;
  supervisor_.BeginShutDown([&all_down](bool) { all_down.Notify(); });
  ASSERT_TRUE(all_down.WaitForNotificationWithTimeout(absl::Seconds(60)));
  over = true;
  following.join();
  follower.Follow();

  EXPECT_EQ(follower.Known(), registry_.All());
  EXPECT_EQ(follower.gaps(), 0);
  int ends = 0;
  for (int i = 0; i < kDaemons; ++i) {
    const std::string name = Name(i);
    EXPECT_EQ(follower.ends(name), spawner_.Reaped(name)) << name;
    EXPECT_LE(follower.restarts(name), spawner_.Spawned(name)) << name;
    EXPECT_LE(spawner_.MostAliveAtOnce(name), 1) << name;
    ends += spawner_.Reaped(name);
  }
  EXPECT_GT(ends, 100) << "too little has happened to prove anything";
}

}  // namespace
}  // namespace hob
