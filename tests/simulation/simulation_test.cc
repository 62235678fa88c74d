// The seeds of every build. A failure prints the command that repeats it; see server/README.md.
#include "gtest/gtest.h"
#include "tests/simulation/seeds.h"

namespace hob {
namespace simulation {
namespace {

// The shards of the test divide the blocks among them.
constexpr int kBlocks = 20;
#ifdef HOB_SANITIZER
constexpr int kSeedsPerBlock = 30;
#else
constexpr int kSeedsPerBlock = 500;
#endif

class SimulationTest : public testing::TestWithParam<int> {};

TEST_P(SimulationTest, NoSeedBreaksAnInvariant) {
  Seeds seeds;
  seeds.first = GetParam() * kSeedsPerBlock;
  seeds.count = kSeedsPerBlock;
  Outcome total;
  ASSERT_TRUE(RunSeeds(seeds, &total));
  // Rule out an empty simulation, which proves nothing.
  EXPECT_GT(total.spawns, 10 * seeds.count);
  EXPECT_GT(total.exits, 5 * seeds.count);
  EXPECT_GT(total.commands, 50 * seeds.count);
  EXPECT_GT(total.reloads, seeds.count);
  EXPECT_GT(total.servers, seeds.count);
}

INSTANTIATE_TEST_SUITE_P(Blocks, SimulationTest, testing::Range(0, kBlocks));

TEST(SimulationReplayTest, TheSameSeedIsTheSameRun) {
  Scenario scenario;
  scenario.seed = 20'261'122;
  scenario.trace = 100'000;
  const Outcome first = Simulate(scenario);
  EXPECT_EQ(Simulate(scenario).trace, first.trace);
  scenario.seed += 1;
  EXPECT_NE(Simulate(scenario).trace, first.trace);
}

}  // namespace
}  // namespace simulation
}  // namespace hob
