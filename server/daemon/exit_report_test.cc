#include "server/daemon/exit_report.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace hob {
namespace {

TEST(ExitReportTest, ExitCodesAreDescribed) {
  EXPECT_EQ(DescribeEnd(ExitedWithCode{0}), "exit code 0");
  EXPECT_EQ(DescribeEnd(ExitedWithCode{255}), "exit code 255");
}

TEST(ExitReportTest, SignalsAreDescribedWithNumberAndName) {
  EXPECT_EQ(DescribeEnd(KilledBySignal{9, false}), "signal 9 (KILL)");
  EXPECT_EQ(DescribeEnd(KilledBySignal{37, false}), "signal 37 (RTMIN+3)");
}

TEST(ExitReportTest, CoreDumpIsMentioned) {
  EXPECT_EQ(DescribeEnd(KilledBySignal{6, true}), "signal 6 (ABRT), core dumped");
}

TEST(ExitReportTest, SpawnFailureSaysStageAndMessage) {
  EXPECT_EQ(DescribeEnd(SpawnFailure{"exec", ENOENT, "/bin/x: No such file or directory"}),
            "exec: /bin/x: No such file or directory");
}

int ShortagesAt(const char* stage) {
  int shortages = 0;
  for (int error = 0; error <= 133; ++error) {
    if (SpawnFailure{stage, error, ""}.IsShortage()) ++shortages;
  }
  return shortages;
}

TEST(ExitReportTest, FourErrorsAreShortagesOfTheMachineAtEveryStep) {
  for (const char* stage : {"clone", "notify", "stdout", "stderr", "exec", "chdir", "env_file"}) {
    for (int error : {EAGAIN, ENOMEM, EMFILE, ENFILE}) {
      EXPECT_TRUE((SpawnFailure{stage, error, ""}.IsShortage())) << stage << error;
    }
    EXPECT_FALSE((SpawnFailure{stage, ENOENT, ""}.IsShortage())) << stage;
  }
}

TEST(ExitReportTest, NoRoomIsAShortageWhereHobMakesSomethingOfItsOwn) {
  for (const char* stage : {"clone", "notify", "stdout", "stderr"}) {
    for (int error : {ENOSPC, EDQUOT, ENOBUFS}) {
      EXPECT_TRUE((SpawnFailure{stage, error, ""}.IsShortage())) << stage << error;
    }
    EXPECT_EQ(ShortagesAt(stage), 7) << stage;
  }
  for (const char* stage : {"exec", "chdir", "env_file"}) EXPECT_EQ(ShortagesAt(stage), 4) << stage;
}

TEST(ExitReportTest, ReportStartsAsAnEndThatNobodyAskedFor) {
  const ExitReport report;
  EXPECT_FALSE(report.requested);
  EXPECT_EQ(report.verdict, "");
  EXPECT_EQ(report.uptime, absl::ZeroDuration());
  EXPECT_EQ(report.usage.peak_resident_bytes, 0);
}

}  // namespace
}  // namespace hob
