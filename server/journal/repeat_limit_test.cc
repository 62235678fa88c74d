#include "server/journal/repeat_limit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::IsEmpty;

constexpr absl::Duration kWindow = RepeatLimit::kWindow;
constexpr int kMaxLines = RepeatLimit::kMaxLines;

class RepeatLimitTest : public testing::Test {
 protected:
  // Returns how many of `count` lines about `topic` are admitted now.
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

TEST_F(RepeatLimitTest, NeverSuppressesOccasionalLines) {
  for (int minute = 0; minute < 10; ++minute) {
    EXPECT_THAT(limit_.TakeFinished(now_), IsEmpty());
    EXPECT_EQ(Admitted("web ended", kMaxLines), kMaxLines);
    now_ = now_ + kWindow;
  }
  EXPECT_EQ(limit_.NextDue(), MonotonicTime::InfiniteFuture());
}

TEST_F(RepeatLimitTest, ReportsExcessLinesOnce) {
  EXPECT_EQ(Admitted("web ended", kMaxLines + 5), kMaxLines);
  EXPECT_EQ(limit_.NextDue(), now_ + kWindow);
  EXPECT_THAT(limit_.TakeFinished(now_ + kWindow - absl::Nanoseconds(1)), IsEmpty());
  const auto suppressed = limit_.TakeFinished(now_ + kWindow);
  ASSERT_EQ(suppressed.size(), 1);
  EXPECT_EQ(suppressed[0].topic, "web ended");
  EXPECT_EQ(suppressed[0].lines, 5);
  EXPECT_EQ(suppressed[0].example, absl::StrCat("line ", kMaxLines));
  EXPECT_THAT(limit_.TakeFinished(now_ + kWindow), IsEmpty());
  EXPECT_EQ(limit_.NextDue(), MonotonicTime::InfiniteFuture());
  EXPECT_EQ(Admitted("web ended", 1), 1);
}

TEST_F(RepeatLimitTest, EachTopicHasItsOwnWindow) {
  EXPECT_EQ(Admitted("web ended", kMaxLines + 1), kMaxLines);
  now_ = now_ + kWindow / 2;
  EXPECT_EQ(Admitted("web started", kMaxLines), kMaxLines);
  EXPECT_EQ(Admitted("api ended", kMaxLines + 2), kMaxLines);
  now_ = now_ + kWindow / 2;
  EXPECT_EQ(limit_.TakeFinished(now_).size(), 1);
  EXPECT_EQ(Admitted("web ended", kMaxLines), kMaxLines);
  EXPECT_EQ(Admitted("api ended", 1), 0);
  now_ = now_ + kWindow / 2;
  const auto suppressed = limit_.TakeFinished(now_);
  ASSERT_EQ(suppressed.size(), 1);
  EXPECT_EQ(suppressed[0].topic, "api ended");
  EXPECT_EQ(suppressed[0].lines, 3);
}

TEST_F(RepeatLimitTest, TakeAllReportsEverything) {
  Admitted("web ended", kMaxLines + 1);
  now_ = now_ + kWindow / 2;
  Admitted("api ended", kMaxLines + 1);
  EXPECT_EQ(limit_.TakeAll().size(), 2);
}

}  // namespace
}  // namespace hob
