#include "server/journal/repeat_limit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::IsEmpty;

constexpr absl::Duration kWindow = RepeatLimit::kWindow;
constexpr int kMost = RepeatLimit::kMost;

class RepeatLimitTest : public testing::Test {
 protected:
  // How many of `count` lines about `topic` are admitted now.
  int Admitted(const std::string& topic, int count) {
    int admitted = 0;
    for (int i = 0; i < count; ++i) {
      admitted += limit_.Admit(topic, now_, absl::StrCat("line ", i)) ? 1 : 0;
    }
    return admitted;
  }

  RepeatLimit limit_;
  MonotonicTime now_ = MonotonicTime::FromOrigin(absl::Seconds(1000));
};

TEST_F(RepeatLimitTest, WhatIsSaidNowAndThenIsNeverCutShort) {
  for (int minute = 0; minute < 10; ++minute) {
    EXPECT_THAT(limit_.TakeOver(now_), IsEmpty());
    EXPECT_EQ(Admitted("web ended", kMost), kMost);
    now_ = now_ + kWindow;
  }
  EXPECT_EQ(limit_.NextDue(), MonotonicTime::InfiniteFuture());
}

TEST_F(RepeatLimitTest, WhatIsBeyondTheMostIsCountedAndToldOnce) {
  EXPECT_EQ(Admitted("web ended", kMost + 5), kMost);
  EXPECT_EQ(limit_.NextDue(), now_ + kWindow);
  EXPECT_THAT(limit_.TakeOver(now_ + kWindow - absl::Nanoseconds(1)), IsEmpty());
  const auto told = limit_.TakeOver(now_ + kWindow);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].topic, "web ended");
  EXPECT_EQ(told[0].lines, 5);
  EXPECT_EQ(told[0].example, absl::StrCat("line ", kMost));
  EXPECT_THAT(limit_.TakeOver(now_ + kWindow), IsEmpty());
  EXPECT_EQ(limit_.NextDue(), MonotonicTime::InfiniteFuture());
  EXPECT_EQ(Admitted("web ended", 1), 1);
}

TEST_F(RepeatLimitTest, EachTopicHasAWindowOfItsOwn) {
  EXPECT_EQ(Admitted("web ended", kMost + 1), kMost);
  now_ = now_ + kWindow / 2;
  EXPECT_EQ(Admitted("web started", kMost), kMost);
  EXPECT_EQ(Admitted("api ended", kMost + 2), kMost);
  now_ = now_ + kWindow / 2;
  EXPECT_EQ(limit_.TakeOver(now_).size(), 1);
  EXPECT_EQ(Admitted("web ended", kMost), kMost);
  EXPECT_EQ(Admitted("api ended", 1), 0);
  now_ = now_ + kWindow / 2;
  const auto told = limit_.TakeOver(now_);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].topic, "api ended");
  EXPECT_EQ(told[0].lines, 3);
}

TEST_F(RepeatLimitTest, AtTheEndAllIsTold) {
  Admitted("web ended", kMost + 1);
  now_ = now_ + kWindow / 2;
  Admitted("api ended", kMost + 1);
  EXPECT_EQ(limit_.TakeAll().size(), 2);
}

}  // namespace
}  // namespace hob
