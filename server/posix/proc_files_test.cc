#include "server/posix/proc_files.h"

#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

std::string StatLine(const std::string& name, char state, int threads) {
  return "77 (" + name + ") " + state + " 5 77 70 0 -1 4194304 1 0 0 0 1000 200 30 4 20 0 " +
         std::to_string(threads) + " 0 123456 2400000 200 1844 1 1 0 0";
}

TEST(ParseProcessStatTest, FindsFieldsAfterAnyName) {
  for (const char* name : {"web", "a b", "x) S 1 2 3 (", ") R ", ""}) {
    const absl::StatusOr<ProcessStat> stat = ParseProcessStat(StatLine(name, 'S', 1));
    ASSERT_TRUE(stat.ok()) << name;
    EXPECT_EQ(stat->pid, 77);
    EXPECT_EQ(stat->parent, 5);
    EXPECT_EQ(stat->session, 70);
    EXPECT_EQ(stat->start_ticks, 123456);
    EXPECT_EQ(stat->cpu_ticks, 1234) << "its own time and that of reaped children";
    EXPECT_EQ(stat->resident_pages, 200);
    EXPECT_EQ(stat->threads, 1);
    EXPECT_TRUE(stat->alive);
  }
}

TEST(ParseProcessStatTest, ZombieIsAliveOnlyWithLiveThreads) {
  EXPECT_FALSE(ParseProcessStat(StatLine("web", 'Z', 1))->alive);
  EXPECT_FALSE(ParseProcessStat(StatLine("web", 'X', 1))->alive);
  EXPECT_TRUE(ParseProcessStat(StatLine("web", 'Z', 3))->alive);
  EXPECT_TRUE(ParseProcessStat(StatLine("web", 'T', 1))->alive);
}

TEST(ParseProcessStatTest, RejectsMalformedLines) {
  for (const char* line : {"", "77", "77 (web)", "77 (web) S", "x (web) S 5 77 70"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseProcessStat(line).status())) << line;
  }
}

TEST(ProcFilesTest, ReadsOwnStat) {
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(getpid());
  ASSERT_TRUE(stat.ok());
  EXPECT_EQ(stat->parent, getppid());
  EXPECT_EQ(stat->session, getsid(0));
}

TEST(ProcFilesTest, MissingProcessIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadProcessStat(1 << 30).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadChildren(1 << 30).status()));
}

TEST(ProcFilesTest, DescriptorShortageIsNotAMissingProcess) {
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = ReadProcessStat(getpid()).status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
}

TEST(ProcFilesTest, MissingVariableIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadEnvironmentOf(getpid(), "NO_SUCH_VARIABLE").status()));
  const absl::StatusOr<std::string> path = ReadEnvironmentOf(getpid(), "PATH");
  ASSERT_TRUE(path.ok());
  EXPECT_NE(path->find('/'), std::string::npos);
}

}  // namespace
}  // namespace hob
