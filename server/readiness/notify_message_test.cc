#include "server/readiness/notify_message.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

TEST(NotifyMessageTest, ReadsEachLine) {
  const NotifyMessage message =
      ParseNotifyMessage("READY=1\nSTATUS=serves 3 = three\nSTOPPING=1\nWATCHDOG=1\n");
  EXPECT_TRUE(message.ready);
  EXPECT_TRUE(message.stopping);
  EXPECT_TRUE(message.watchdog_alive);
  EXPECT_FALSE(message.watchdog_trigger);
  EXPECT_EQ(message.status, "serves 3 = three");
  EXPECT_EQ(message.extend_timeout, absl::nullopt);
}

TEST(NotifyMessageTest, IgnoresOtherValues) {
  const NotifyMessage message =
      ParseNotifyMessage("READY=0\nREADY= 1\nSTOPPING=yes\nWATCHDOG=2\nready=1\nREADY");
  EXPECT_FALSE(message.ready);
  EXPECT_FALSE(message.stopping);
  EXPECT_FALSE(message.watchdog_alive);
  EXPECT_FALSE(message.watchdog_trigger);
}

TEST(NotifyMessageTest, WatchdogMayBeTriggered) {
  EXPECT_TRUE(ParseNotifyMessage("WATCHDOG=trigger").watchdog_trigger);
}

TEST(NotifyMessageTest, TimeoutsAreBoundedMicroseconds) {
  EXPECT_EQ(ParseNotifyMessage("EXTEND_TIMEOUT_USEC=1500").extend_timeout,
            absl::Microseconds(1500));
  EXPECT_EQ(ParseNotifyMessage("EXTEND_TIMEOUT_USEC=18446744073709551615").extend_timeout,
            absl::Hours(24) * 365);
  for (const char* nonsense : {"0", "-1", "1s", "", "99999999999999999999999"}) {
    EXPECT_EQ(ParseNotifyMessage(std::string("EXTEND_TIMEOUT_USEC=") + nonsense).extend_timeout,
              absl::nullopt)
        << nonsense;
  }
}

TEST(NotifyMessageTest, MainPidIsAPositiveNumber) {
  EXPECT_EQ(ParseNotifyMessage("READY=1\nMAINPID=4711").main_pid, 4711);
  for (const char* nonsense : {"0", "-1", "1x", "", "4294967297"}) {
    EXPECT_EQ(ParseNotifyMessage(std::string("MAINPID=") + nonsense).main_pid, absl::nullopt)
        << nonsense;
  }
}

TEST(NotifyMessageTest, StatusIsPrintableAndTruncated) {
  EXPECT_EQ(ParseNotifyMessage("STATUS=\x1b[1mred").status, "\\x1b[1mred");
  EXPECT_EQ(ParseNotifyMessage("STATUS=" + std::string(4000, 'x')).status,
            std::string(kMaxStatusLength, 'x') + "...");
  EXPECT_EQ(ParseNotifyMessage("STATUS=" + std::string(kMaxStatusLength, 'x')).status,
            std::string(kMaxStatusLength, 'x'));
}

TEST(NotifyMessageTest, IgnoresAnythingElse) {
  for (const std::string& text :
       {std::string(), std::string("\n\n\n"), std::string("=1"), std::string("\0READY=1", 8),
        std::string("MAINPID=1\nERRNO=2\nFDSTORE=1"), std::string(4096, '\xff')}) {
    const NotifyMessage message = ParseNotifyMessage(text);
    EXPECT_FALSE(message.ready);
    EXPECT_EQ(message.status, absl::nullopt);
  }
}

}  // namespace
}  // namespace hob
