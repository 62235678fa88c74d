#include "server/process/tree/instance_mark.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Sets the soft limit that holds the mark.
void SetMark(uint64_t mark) {
  struct rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_LOCKS, &limit), 0);
  limit.rlim_cur = mark;
  ASSERT_EQ(setrlimit(RLIMIT_LOCKS, &limit), 0);
}

class InstanceMarkTest : public testing::Test {
 protected:
  InstanceMarkTest() { getrlimit(RLIMIT_LOCKS, &before_); }
  ~InstanceMarkTest() override { setrlimit(RLIMIT_LOCKS, &before_); }

  struct rlimit before_ = {};
};

TEST_F(InstanceMarkTest, MarksDiffer) {
  const uint64_t first = DrawMark();
  EXPECT_NE(first, kNoMark);
  EXPECT_NE(first, DrawMark());
}

TEST_F(InstanceMarkTest, ProcessBearsTheMarkThatItHasInherited) {
  const uint64_t mark = DrawMark();
  SetMark(mark);
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  EXPECT_EQ(*ReadMarkOf(child), mark);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(InstanceMarkTest, LimitsThatSomebodyAskedForAreNoMarks) {
  for (const uint64_t limit : {uint64_t{0}, uint64_t{100'000}, (uint64_t{1} << 60) - 1,
                               uint64_t{1} << 61, uint64_t{RLIM_INFINITY}}) {
    SetMark(limit);
    EXPECT_EQ(*ReadMarkOf(getpid()), kNoMark) << limit;
  }
}

TEST_F(InstanceMarkTest, ProcessThatIsGoneIsNotFound) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(absl::IsNotFound(ReadMarkOf(child).status()));
}

TEST_F(InstanceMarkTest, LowHardLimitIsSaidWithItsCure) {
  EXPECT_THAT(WhyNoMarks(), IsEmpty());
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit low = {1000, 1000};
    setrlimit(RLIMIT_LOCKS, &low);
    _exit(testing::Value(WhyNoMarks(), HasSubstr("is 1000 and must be unlimited")) ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hob
