#include "server/text/nearest.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

TEST(EditDistanceTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", "", 5), 0);
  EXPECT_EQ(EditDistance("abc", "abc", 5), 0);
  EXPECT_EQ(EditDistance("abc", "abd", 5), 1);
  EXPECT_EQ(EditDistance("abc", "ab", 5), 1);
  EXPECT_EQ(EditDistance("abc", "acb", 5), 1);
  EXPECT_EQ(EditDistance("abc", "ABC", 5), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting", 5), 3);
}

TEST(EditDistanceTest, StopsAtTheMaximum) {
  EXPECT_EQ(EditDistance("abcdef", "uvwxyz", 2), 3);
  EXPECT_EQ(EditDistance("a", std::string(100000, 'x'), 2), 3);
}

TEST(NearestTest, ReturnsTheFirstOfTheNearest) {
  EXPECT_EQ(Nearest("max_retry", {"retry_time", "max_retries", "backoff"}), "max_retries");
  EXPECT_EQ(Nearest("RESTART", {"start_time", "restart"}), "restart");
  EXPECT_EQ(Nearest("x", {"a", "b"}), "a");
  EXPECT_EQ(Nearest(std::string(70000, 'x'), {"a", "b"}), "a");
  EXPECT_EQ(Nearest("x", {}), "");
}

}  // namespace
}  // namespace hob
