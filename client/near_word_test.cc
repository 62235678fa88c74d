#include "client/near_word.h"

#include "gtest/gtest.h"

namespace hob {
namespace client {
namespace {

const std::vector<std::string> kWords = {"ls", "list", "start", "status", "stop", "restart"};

TEST(NearWordTest, CorrectsTypingErrors) {
  EXPECT_EQ(NearWord("lsit", kWords), "list");
  EXPECT_EQ(NearWord("restrat", kWords), "restart");
  EXPECT_EQ(NearWord("statuss", kWords), "status");
  EXPECT_EQ(NearWord("stp", kWords), "stop");
}

TEST(NearWordTest, CompletesAPrefix) {
  EXPECT_EQ(NearWord("resta", kWords), "restart");
  EXPECT_EQ(NearWord("stat", kWords), "status");
}

TEST(NearWordTest, ReturnsNothingForADistantWord) {
  EXPECT_EQ(NearWord("frobnicate", kWords), "");
  EXPECT_EQ(NearWord("x", kWords), "");
  EXPECT_EQ(NearWord("", kWords), "");
  EXPECT_EQ(NearWord(std::string(100000, 'a'), kWords), "");
}

}  // namespace
}  // namespace client
}  // namespace hob
