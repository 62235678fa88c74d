#include "server/config/halt_check.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

RestartPolicy Policy(int64_t max_retries, absl::Duration retry_time, absl::Duration backoff,
                     double factor, absl::Duration backoff_max) {
  RestartPolicy policy;
  policy.max_retries = max_retries;
  policy.retry_time = retry_time;
  policy.backoff = backoff;
  policy.backoff_factor = factor;
  policy.backoff_max = backoff_max;
  return policy;
}

TEST(LeastSpanTest, AddsTheDelaysBetweenTheFailures) {
  // Delays of 1, 2, 4, 5, 5 seconds.
  const RestartPolicy policy = Policy(3, absl::Seconds(5), absl::Seconds(1), 2, absl::Seconds(5));
  const int kSpans[] = {0, 0, 1, 3, 7, 12, 17};
  for (int failures = 0; failures <= 6; ++failures) {
    EXPECT_NEAR(absl::ToDoubleSeconds(LeastSpanOfFailures(policy, failures)), kSpans[failures],
                1e-6)
        << failures;
  }
}

TEST(LeastSpanTest, EdgesOfTheSeries) {
  const auto span = [](const RestartPolicy& policy, int64_t failures) {
    return absl::ToDoubleSeconds(LeastSpanOfFailures(policy, failures));
  };
  // Without a factor the delay stays the same; above the cap it is the cap.
  EXPECT_NEAR(span(Policy(3, {}, absl::Seconds(2), 1, absl::Seconds(30)), 4), 6, 1e-6);
  EXPECT_NEAR(span(Policy(3, {}, absl::Seconds(60), 1, absl::Seconds(30)), 4), 90, 1e-6);
  EXPECT_NEAR(span(Policy(3, {}, absl::Seconds(60), 2, absl::Seconds(30)), 4), 90, 1e-6);
  EXPECT_NEAR(span(Policy(3, {}, absl::Seconds(30), 2, absl::Seconds(30)), 4), 90, 1e-6);
  // Too many terms to add one by one.
  EXPECT_GT(span(Policy(3, {}, absl::Nanoseconds(1), 1.0000001, absl::Hours(1)), 2'000'000'000),
            3600);
}

TEST(CanEverHaltTest, DefaultsCan) { EXPECT_TRUE(CanEverHalt(RestartPolicy{})); }

TEST(CanEverHaltTest, DelaysLongerThanTheWindowCannot) {
  const auto can = [](int64_t retries, int window, int backoff) {
    return CanEverHalt(
        Policy(retries, absl::Seconds(window), absl::Seconds(backoff), 2, absl::Seconds(30)));
  };
  // Three failures are 1 + 2 seconds apart.
  EXPECT_TRUE(can(3, 4, 1));
  EXPECT_FALSE(can(3, 3, 1));
  EXPECT_FALSE(can(3, 5, 2));
  // The first failure already halts.
  EXPECT_TRUE(can(1, 5, 30));
  EXPECT_TRUE(can(0, 5, 30));
  // An empty window holds one failure at most.
  EXPECT_FALSE(can(2, 0, 0));
}

TEST(CanEverHaltTest, NeverRestartingIsNoMatter) {
  RestartPolicy policy = Policy(3, absl::Seconds(5), absl::Seconds(30), 2, absl::Seconds(30));
  EXPECT_FALSE(CanEverHalt(policy));
  policy.restart = RestartMode::kNever;
  EXPECT_TRUE(CanEverHalt(policy));
}

}  // namespace
}  // namespace hob
