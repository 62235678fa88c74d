#include "client/interrupt.h"

#include <signal.h>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

TEST(InterruptTest, AnInterruptCallsTheHandlerOnce) {
  absl::Notification called;
  Interrupt interrupt([&] { called.Notify(); });
  EXPECT_FALSE(interrupt.came());
  raise(SIGINT);
  called.WaitForNotification();
  EXPECT_TRUE(interrupt.came());
  raise(SIGINT);
}

TEST(InterruptTest, WithoutAnInterruptTheHandlerIsNotCalled) {
  Interrupt interrupt([] { FAIL(); });
  EXPECT_FALSE(interrupt.came());
}

TEST(InterruptTest, TheDestructorRestoresTheSignalAction) {
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
