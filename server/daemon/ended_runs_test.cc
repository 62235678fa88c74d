#include "server/daemon/ended_runs.h"

#include <vector>

#include "gmock/gmock.h"

namespace hob {
namespace {

using ::testing::ElementsAre;

EndedRuns After(pid_t pid, const EndedRuns& earlier) {
  EndedRun run;
  run.pid = pid;
  return EndedRuns(std::move(run), earlier);
}

std::vector<pid_t> Pids(const EndedRuns& runs) {
  std::vector<pid_t> pids;
  for (const EndedRun& run : runs) pids.push_back(run.pid);
  return pids;
}

TEST(EndedRunsTest, TheLatestComesFirstAndTheOldestGo) {
  EndedRuns runs;
  EXPECT_TRUE(runs.empty());
  for (pid_t pid = 1; pid <= 3; ++pid) runs = After(pid, runs);
  EXPECT_THAT(Pids(runs), ElementsAre(3, 2, 1));
  EXPECT_EQ(runs.front().pid, 3);
  EXPECT_EQ(runs[2].pid, 1);
  for (pid_t pid = 4; pid <= 12; ++pid) runs = After(pid, runs);
  EXPECT_EQ(runs.size(), kMaxEndedRuns);
  EXPECT_THAT(Pids(runs), ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3));
}

}  // namespace
}  // namespace hob
