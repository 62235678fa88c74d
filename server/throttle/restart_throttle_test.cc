#include "server/throttle/restart_throttle.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

class RestartThrottleTest : public ::testing::Test {
 protected:
  ThrottleDecision ReportExit(const std::string& daemon) {
    ExitReport exit;
    exit.end = ExitedWithCode{1};
    exit.time = clock_.Now();
    return throttle_.ReportExit(daemon, policy_, exit);
  }

  // Reports three exits at the same time.
  void Halt(const std::string& daemon) {
    for (int i = 0; i < 3; ++i) ReportExit(daemon);
  }

  SimulatedClock clock_;
  RestartPolicy policy_;
  RestartThrottle throttle_{StartBudget::Options()};
};

TEST_F(RestartThrottleTest, HaltsACrashLoopingDaemon) {
  EXPECT_EQ(ReportExit("web").action, ThrottleAction::kStartNow);
  EXPECT_EQ(ReportExit("web").action, ThrottleAction::kStartNow);
  const ThrottleDecision decision = ReportExit("web");
  EXPECT_EQ(decision.action, ThrottleAction::kHalt);
  EXPECT_EQ(decision.failures_in_window, 3);
}

TEST_F(RestartThrottleTest, DaemonsAreIndependent) {
  Halt("web");
  const ThrottleDecision decision = ReportExit("db");
  EXPECT_EQ(decision.action, ThrottleAction::kStartNow);
  EXPECT_EQ(decision.failures_in_window, 1);
}

TEST_F(RestartThrottleTest, ClearForgetsTheFailuresOfItsDaemonOnly) {
  Halt("web");
  ReportExit("db");
  throttle_.Clear("web");
  EXPECT_EQ(ReportExit("web").failures_in_window, 1);
  EXPECT_EQ(ReportExit("db").failures_in_window, 2);
}

TEST_F(RestartThrottleTest, ClearForgetsAHalt) {
  policy_.on_halt = OnHalt::kRetry;
  Halt("web");
  EXPECT_EQ(ReportExit("web").rule, ThrottleRule::kTrialFailed);
  throttle_.Clear("web");
  EXPECT_EQ(ReportExit("web").rule, ThrottleRule::kRetry);
}

TEST_F(RestartThrottleTest, ClearForgetsTheBackoff) {
  policy_.max_retries = 10;
  policy_.backoff = absl::Seconds(1);
  ReportExit("web");
  EXPECT_EQ(ReportExit("web").consecutive_restarts, 2);
  throttle_.Clear("web");
  EXPECT_EQ(ReportExit("web").consecutive_restarts, 1);
}

TEST_F(RestartThrottleTest, ClearOfADaemonThatNeverFailedChangesNothing) {
  throttle_.Clear("web");
  EXPECT_EQ(ReportExit("web").failures_in_window, 1);
}

TEST_F(RestartThrottleTest, JitterSpreadsDaemonsThatFailTogether) {
  policy_.backoff = absl::Seconds(10);
  std::vector<absl::Duration> delays;
  for (int i = 0; i < 100; ++i) delays.push_back(ReportExit(absl::StrCat("d", i)).delay);
  EXPECT_THAT(delays, ::testing::Each(::testing::AllOf(::testing::Ge(absl::Seconds(10)),
                                                       ::testing::Le(absl::Seconds(11)))));
  const auto [shortest, longest] = std::minmax_element(delays.begin(), delays.end());
  EXPECT_GT(*longest - *shortest, absl::Milliseconds(100));
}

TEST_F(RestartThrottleTest, StartsDoNotWaitWithoutARate) {
  const MonotonicTime now = clock_.Now().monotonic;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(throttle_.TakeStart(now), now);
}

TEST(RestartThrottleBudgetTest, AllStartsShareOneBudget) {
  StartBudget::Options options;
  options.rate = 10;
  options.burst = 2;
  RestartThrottle throttle(options);
  const MonotonicTime now = SimulatedClock().Now().monotonic;
  EXPECT_EQ(throttle.TakeStart(now), now);
  EXPECT_EQ(throttle.TakeStart(now), now);
  EXPECT_EQ(throttle.TakeStart(now), now + absl::Milliseconds(100));
  EXPECT_EQ(throttle.TakeStart(now), now + absl::Milliseconds(200));
}

TEST(RestartThrottleBudgetTest, DecisionsDoNotUseTheBudget) {
  StartBudget::Options options;
  options.rate = 1;
  RestartThrottle throttle(options);
  ExitReport exit;
  exit.time = SimulatedClock().Now();
  for (int i = 0; i < 10; ++i) throttle.ReportExit("web", RestartPolicy(), exit);
  EXPECT_EQ(throttle.TakeStart(exit.time.monotonic), exit.time.monotonic);
}

// One worker's view of a throttle that others use at the same time.
struct Seen {
  std::vector<int64_t> failures_in_window;
  std::vector<MonotonicTime> starts;
};

// Reports exits of one daemon at a single time. Takes a start after each and clears the history
// after every tenth.
Seen ReportExits(RestartThrottle& throttle, const std::string& daemon, int count) {
  ExitReport exit;
  exit.time = SimulatedClock().Now();
  Seen seen;
  for (int i = 1; i <= count; ++i) {
    seen.failures_in_window.push_back(
        throttle.ReportExit(daemon, RestartPolicy(), exit).failures_in_window);
    seen.starts.push_back(throttle.TakeStart(exit.time.monotonic));
    if (i % 10 == 0) throttle.Clear(daemon);
  }
  return seen;
}

TEST(RestartThrottleThreadsTest, ConcurrentWorkers) {
  constexpr int kWorkers = 4;
  constexpr int kExits = 1000;
  StartBudget::Options options;
  options.rate = 1000;
  RestartThrottle throttle(options);

  std::vector<Seen> seen(kWorkers);
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([&, i] { seen[i] = ReportExits(throttle, absl::StrCat("d", i), kExits); });
  }
  for (std::thread& worker : workers) worker.join();

  std::vector<MonotonicTime> starts;
  for (const Seen& one : seen) {
    for (int i = 0; i < kExits; ++i) ASSERT_EQ(one.failures_in_window[i], i % 10 + 1);
    EXPECT_TRUE(std::is_sorted(one.starts.begin(), one.starts.end()));
    starts.insert(starts.end(), one.starts.begin(), one.starts.end());
  }
  // Each start of the budget went to exactly one worker.
  std::sort(starts.begin(), starts.end());
  for (int i = 0; i < kWorkers * kExits; ++i) {
    ASSERT_EQ(starts[i] - starts[0], i * absl::Milliseconds(1));
  }
}

}  // namespace
}  // namespace hob
