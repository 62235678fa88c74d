#include "server/throttle/start_budget.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace hob {
namespace {

MonotonicTime At(absl::Duration since_test_start) {
  return MonotonicTime::FromOrigin(absl::Seconds(1000) + since_test_start);
}

StartBudget Budget(double rate, int burst) {
  StartBudget::Options options;
  options.rate = rate;
  options.burst = burst;
  return StartBudget(options);
}

TEST(StartBudgetTest, WithoutARateStartsAreUnlimited) {
  StartBudget budget{StartBudget::Options()};
  for (int i = 0; i < 10'000; ++i)
    EXPECT_EQ(budget.Take(At(absl::Seconds(1))), At(absl::Seconds(1)));
}

TEST(StartBudgetTest, BurstIsImmediateAndTheRestFollowsTheRate) {
  StartBudget budget = Budget(/*rate=*/10, /*burst=*/3);
  const MonotonicTime now = At(absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now), now);
  EXPECT_EQ(budget.Take(now), now);
  EXPECT_EQ(budget.Take(now), now);
  EXPECT_EQ(budget.Take(now), now + absl::Milliseconds(100));
  EXPECT_EQ(budget.Take(now), now + absl::Milliseconds(200));
  EXPECT_EQ(budget.Take(now + absl::Milliseconds(250)), now + absl::Milliseconds(300));
}

TEST(StartBudgetTest, BurstOfOneSpacesAllStarts) {
  StartBudget budget = Budget(/*rate=*/2, /*burst=*/1);
  const MonotonicTime now = At(absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now), now);
  EXPECT_EQ(budget.Take(now), now + absl::Milliseconds(500));
  EXPECT_EQ(budget.Take(now + absl::Seconds(1)), now + absl::Seconds(1));
  EXPECT_EQ(budget.Take(now + absl::Milliseconds(1400)), now + absl::Milliseconds(1500));
}

TEST(StartBudgetTest, BudgetIsFullRightAfterBoot) {
  StartBudget budget = Budget(/*rate=*/0.001, /*burst=*/2);
  const MonotonicTime boot;
  EXPECT_EQ(budget.Take(boot), boot);
  EXPECT_EQ(budget.Take(boot), boot);
  EXPECT_EQ(budget.Take(boot), boot + absl::Seconds(1000));
}

TEST(StartBudgetTest, LongSilenceAccumulatesAtMostTheBurst) {
  StartBudget budget = Budget(/*rate=*/100, /*burst=*/5);
  budget.Take(At(absl::ZeroDuration()));
  const MonotonicTime later = At(absl::Hours(24 * 365));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(budget.Take(later), later);
  EXPECT_EQ(budget.Take(later), later + absl::Milliseconds(10));
}

TEST(StartBudgetTest, SilenceRefillsAtTheRate) {
  StartBudget budget = Budget(/*rate=*/1, /*burst=*/10);
  for (int i = 0; i < 10; ++i) budget.Take(At(absl::ZeroDuration()));
  const MonotonicTime later = At(absl::Seconds(3));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(budget.Take(later), later);
  EXPECT_EQ(budget.Take(later), later + absl::Seconds(1));
}

TEST(StartBudgetTest, OneStartADayIsPossible) {
  StartBudget budget = Budget(/*rate=*/1.0 / 86400, /*burst=*/1);
  const MonotonicTime now = At(absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now), now);
  const absl::Duration wait = budget.Take(now) - now;
  EXPECT_GE(wait, absl::Hours(24));
  EXPECT_LT(wait, absl::Hours(24) + absl::Microseconds(1));
}

TEST(StartBudgetTest, RateWithFractionalNanosecondsKeepsTheBound) {
  StartBudget budget = Budget(/*rate=*/3, /*burst=*/1);
  const MonotonicTime now = At(absl::ZeroDuration());
  MonotonicTime last;
  for (int i = 0; i <= 300'000; ++i) last = budget.Take(now);
  EXPECT_GE(last - now, absl::Seconds(100'000));
  EXPECT_LT(last - now, absl::Seconds(100'001));
}

TEST(StartBudgetTest, OutOfOrderClockReadsKeepTheBound) {
  StartBudget budget = Budget(/*rate=*/1, /*burst=*/2);
  EXPECT_EQ(budget.Take(At(absl::Seconds(10))), At(absl::Seconds(10)));
  EXPECT_EQ(budget.Take(At(absl::Seconds(9))), At(absl::Seconds(10)));
  EXPECT_EQ(budget.Take(At(absl::Seconds(9))), At(absl::Seconds(11)));
}

// ---- Properties over random arrivals.

struct Arrivals {
  std::vector<int64_t> requested_ns;
  std::vector<int64_t> granted_ns;
};

int64_t Nanoseconds(MonotonicTime time) { return absl::ToInt64Nanoseconds(time - At({})); }

// Takes `count` starts at random times, in clusters separated by silences.
Arrivals TakeAtRandomTimes(StartBudget budget, double rate, int count, std::mt19937_64& random) {
  Arrivals arrivals;
  int64_t now = 0;
  for (int i = 0; i < count; ++i) {
    const uint64_t kind = random() % 8;
    const double interval_ns = 1e9 / rate;
    // Half of the requests come at the same time as the one before.
    if (kind == 4) now += random() % 1000;
    if (kind == 5 || kind == 6) now += static_cast<int64_t>(interval_ns * (random() % 1000) / 500);
    if (kind == 7) now += static_cast<int64_t>(interval_ns * (random() % 20));
    arrivals.requested_ns.push_back(now);
    arrivals.granted_ns.push_back(Nanoseconds(budget.Take(At(absl::Nanoseconds(now)))));
  }
  return arrivals;
}

// Checks for all starts i to j: j - i + 1 <= burst + rate * (time of j - time of i).
void ExpectBoundInEveryWindow(const std::vector<int64_t>& starts, double rate, int burst) {
  for (size_t i = 0; i < starts.size(); ++i) {
    for (size_t j = i; j < starts.size(); ++j) {
      const auto over_burst = static_cast<long double>(j - i + 1) - burst;
      const auto span_ns = static_cast<long double>(starts[j] - starts[i]);
      ASSERT_LE(over_burst * 1e9L, rate * span_ns) << "starts " << i << " to " << j;
    }
  }
}

class RandomArrivalsTest : public ::testing::TestWithParam<double> {
 protected:
  // Calls `check` with the grants for random arrivals at this rate, for every burst.
  template <typename Check>
  void ForRandomArrivals(Check check) {
    std::mt19937_64 random(20260101);
    for (int burst : {1, 2, 3, 7, 50}) {
      for (int round = 0; round < 10; ++round) {
        SCOPED_TRACE(::testing::Message() << "burst " << burst << ", round " << round);
        check(TakeAtRandomTimes(Budget(GetParam(), burst), GetParam(), 150, random), burst);
        if (HasFatalFailure()) return;
      }
    }
  }
};

TEST_P(RandomArrivalsTest, NoWindowHoldsMoreThanBurstAndRate) {
  ForRandomArrivals([](const Arrivals& arrivals, int burst) {
    ExpectBoundInEveryWindow(arrivals.granted_ns, GetParam(), burst);
  });
}

TEST_P(RandomArrivalsTest, ServesInOrderAndNeverBeforeTheRequest) {
  ForRandomArrivals([](const Arrivals& arrivals, int /*burst*/) {
    EXPECT_TRUE(std::is_sorted(arrivals.granted_ns.begin(), arrivals.granted_ns.end()));
    for (size_t i = 0; i < arrivals.granted_ns.size(); ++i) {
      ASSERT_GE(arrivals.granted_ns[i], arrivals.requested_ns[i]);
    }
  });
}

// Returns the earliest grant that all windows allow; checks each window.
int64_t EarliestGrant(const std::vector<int64_t>& granted, int64_t now, int64_t interval_ns,
                      int burst) {
  int64_t earliest = now;
  for (size_t i = 0; i < granted.size(); ++i) {
    const int64_t over_burst = static_cast<int64_t>(granted.size() - i + 1) - burst;
    if (over_burst > 0) earliest = std::max(earliest, granted[i] + over_burst * interval_ns);
  }
  return earliest;
}

TEST_P(RandomArrivalsTest, NoStartWaitsLongerThanNecessary) {
  const auto interval_ns = static_cast<int64_t>(std::ceil(1e9 / GetParam()));
  ForRandomArrivals([interval_ns](const Arrivals& arrivals, int burst) {
    std::vector<int64_t> expected;
    for (int64_t now : arrivals.requested_ns) {
      expected.push_back(EarliestGrant(expected, now, interval_ns, burst));
    }
    ASSERT_EQ(arrivals.granted_ns, expected);
  });
}

INSTANTIATE_TEST_SUITE_P(Rates, RandomArrivalsTest,
                         ::testing::Values(0.001, 0.1, 0.7, 1, 3, 10, 333.3, 1000, 1e6));

}  // namespace
}  // namespace hob
