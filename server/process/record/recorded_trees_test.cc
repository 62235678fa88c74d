#include "server/process/record/recorded_trees.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::IsEmpty;

constexpr int64_t kTicksPerSecond = 100;

InstanceRecordEntry Entry(pid_t pid, int64_t boot_time_nanos) {
  InstanceRecordEntry entry;
  entry.pid = pid;
  entry.boot_time_nanos = boot_time_nanos;
  return entry;
}

ProcessStat Stat(pid_t pid, pid_t session, int64_t start_ticks) {
  ProcessStat stat;
  stat.pid = pid;
  stat.session = session;
  stat.start_ticks = start_ticks;
  stat.alive = true;
  return stat;
}

TEST(IsRecordedMainTest, ProcessThatStartedBeforeItsRecordWasWrittenIsTheOne) {
  // 12.345 s after boot: the process started in tick 1234 or, on a busy machine, well before.
  const InstanceRecordEntry entry = Entry(7, 12'345'000'000);
  EXPECT_TRUE(IsRecordedMain(entry, Stat(7, 7, 1234), kTicksPerSecond));
  EXPECT_TRUE(IsRecordedMain(entry, Stat(7, 7, 1100), kTicksPerSecond));
}

TEST(IsRecordedMainTest, YoungerProcessWithTheSamePidIsAnother) {
  EXPECT_FALSE(IsRecordedMain(Entry(7, 12'345'000'000), Stat(7, 7, 1235), kTicksPerSecond));
}

TEST(IsRecordedMainTest, ProcessThatLeadsNoSessionIsAnother) {
  EXPECT_FALSE(IsRecordedMain(Entry(7, 12'345'000'000), Stat(7, 6, 1234), kTicksPerSecond));
}

TEST(FindRecordedProcessesTest, ThisProcessIsNeverFound) {
  EXPECT_THAT(*FindRecordedProcesses({Entry(getsid(0), int64_t{1} << 60)}),
              testing::Not(testing::Contains(testing::Truly(
                  [](const RecordedProcess& found) { return found.stat.pid == getpid(); }))));
}

TEST(FindRecordedProcessesTest, NothingIsFoundWithoutARecord) {
  EXPECT_THAT(*FindRecordedProcesses({}), IsEmpty());
}

}  // namespace
}  // namespace hob
