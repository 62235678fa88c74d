#include "server/throttle/simulation.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::ElementsAre;

std::vector<SimulatedRun> Uptimes(const std::vector<double>& seconds) {
  std::vector<SimulatedRun> runs;
  for (double uptime : seconds) runs.push_back({absl::Seconds(uptime)});
  return runs;
}

// Returns a line for each event, such as "2.1s end HALTED".
std::vector<std::string> Timeline(const RestartPolicy& policy,
                                  const std::vector<SimulatedRun>& runs) {
  std::vector<std::string> lines;
  for (const SimulatedEvent& event : Simulate(policy, runs).events) {
    const char* const kinds[] = {"start", "trial", "trial succeeded", "end"};
    lines.push_back(absl::StrCat(absl::FormatDuration(event.time), " ",
                                 kinds[static_cast<int>(event.kind)], " ",
                                 DaemonStateName(event.state)));
  }
  return lines;
}

TEST(SimulationTest, DefaultRuleHaltsAfterThreeQuickFailures) {
  EXPECT_THAT(Timeline(RestartPolicy(), Uptimes({0.1, 2, 2, 60})),
              ElementsAre("0 start RUNNING", "100ms end STARTING", "100ms start RUNNING",
                          "2.1s end STARTING", "2.1s start RUNNING", "4.1s end HALTED"));
  EXPECT_EQ(Simulate(RestartPolicy(), Uptimes({0.1, 2, 2, 60})).runs_used, 3);
}

TEST(SimulationTest, LongRunsAreRestartedForever) {
  const Simulation simulation = Simulate(RestartPolicy(), Uptimes({6, 6, 6, 6, 6, 6}));
  EXPECT_EQ(simulation.runs_used, 6);
  EXPECT_EQ(simulation.events.back().kind, SimulatedEvent::Kind::kStart);
  EXPECT_EQ(simulation.events.back().time, absl::Seconds(36));
}

TEST(SimulationTest, BackoffGrowsWithoutJitter) {
  RestartPolicy policy;
  policy.backoff = absl::Seconds(1);
  policy.max_retries = 10;
  EXPECT_THAT(Timeline(policy, Uptimes({1, 1, 1})),
              ElementsAre("0 start RUNNING", "1s end BACKOFF", "2s start RUNNING", "3s end BACKOFF",
                          "5s start RUNNING", "6s end BACKOFF", "10s start RUNNING"));
}

TEST(SimulationTest, TrialsFollowAHaltIfConfigured) {
  RestartPolicy policy;
  policy.max_retries = 1;
  policy.on_halt = OnHalt::kRetry;
  EXPECT_THAT(Timeline(policy, Uptimes({1, 1, 7})),
              ElementsAre("0 start RUNNING", "1s end HALTED", "1m1s trial RUNNING",
                          "1m2s end HALTED", "2m2s trial RUNNING", "2m7s trial succeeded RUNNING",
                          "2m9s end HALTED", "3m9s trial RUNNING"));
}

TEST(SimulationTest, SuccessIsNotRestartedIfConfigured) {
  RestartPolicy policy;
  policy.restart = RestartMode::kOnFailure;
  EXPECT_THAT(
      Timeline(policy,
               {{absl::Seconds(1), ExitedWithCode{1}}, {absl::Seconds(1), ExitedWithCode{0}}}),
      ElementsAre("0 start RUNNING", "1s end STARTING", "1s start RUNNING", "2s end EXITED"));
}

TEST(SimulationTest, NoRunsMeansOneStart) {
  EXPECT_THAT(Timeline(RestartPolicy(), {}), ElementsAre("0 start RUNNING"));
}

}  // namespace
}  // namespace hob
