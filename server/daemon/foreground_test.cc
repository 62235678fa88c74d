#include "server/daemon/foreground.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

ExitReport Left(int processes, const EndOfProcess& end) {
  ExitReport report;
  report.end = end;
  report.killed_processes = processes;
  return report;
}

TEST(ForegroundTest, OnlyASuccessThatNobodyAskedForAndThatLeftSomethingBehindIsSuspicious) {
  EXPECT_TRUE(WentIntoBackground(Left(1, ExitedWithCode{0})));
  EXPECT_FALSE(WentIntoBackground(Left(0, ExitedWithCode{0})));
  EXPECT_FALSE(WentIntoBackground(Left(1, ExitedWithCode{1})));
  EXPECT_FALSE(WentIntoBackground(Left(1, KilledBySignal{9, false})));
  ExitReport report = Left(1, ExitedWithCode{0});
  report.requested = true;
  EXPECT_FALSE(WentIntoBackground(report));
  report.requested = false;
  report.verdict = "it was not ready within 1s";
  EXPECT_FALSE(WentIntoBackground(report));
}

TEST(ForegroundTest, KnownProgramsAreToldHow) {
  EXPECT_EQ(ForegroundAdvice({"/usr/sbin/nginx", "-c", "x"}),
            "run it in the foreground: nginx -g 'daemon off;'");
  EXPECT_EQ(ForegroundAdvice({"/usr/sbin/php-fpm8.2"}),
            "run it in the foreground: php-fpm8.2 --nodaemonize");
  EXPECT_EQ(ForegroundAdvice({"/usr/sbin/apache2"}),
            "run it in the foreground: apache2 -DFOREGROUND");
}

TEST(ForegroundTest, OthersAreToldThat) {
  for (const char* path : {"/bin/sh", "/opt/nginxd", "/8.2"}) {
    EXPECT_THAT(ForegroundAdvice({path}), HasSubstr("stay in the foreground")) << path;
  }
  EXPECT_THAT(ForegroundAdvice({}), HasSubstr("stay in the foreground"));
}

}  // namespace
}  // namespace hob
