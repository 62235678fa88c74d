#include "client/interrupt.h"

#include <signal.h>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

TEST(InterruptTest, AnInterruptIsToldOnce) {
  absl::Notification told;
  Interrupt interrupt([&] { told.Notify(); });
  EXPECT_FALSE(interrupt.came());
  raise(SIGINT);
  told.WaitForNotification();
  EXPECT_TRUE(interrupt.came());
  raise(SIGINT);
}

TEST(InterruptTest, NoneIsToldToNobody) {
  Interrupt interrupt([] { FAIL(); });
  EXPECT_FALSE(interrupt.came());
}

TEST(InterruptTest, AfterwardsTheSignalIsAsBefore) {
  {
    Interrupt interrupt([] {});
  }
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace client
}  // namespace hob
