#include "server/rpc/fuzz/request_maker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hob/v1/supervisor.pb.h"

namespace hob {
namespace {

using testing::ElementsAre;

template <typename Message>
Message Made(const std::string& text) {
  FuzzInput bytes(text);
  Message message;
  FillMessage(bytes, message);
  return message;
}

TEST(FillMessageTest, NoBytesMakeAnEmptyMessage) {
  EXPECT_EQ(Made<v1::LogsRequest>("").ByteSizeLong(), 0);
  EXPECT_EQ(Made<v1::ListRequest>(std::string(4, '\0')).ByteSizeLong(), 0);
}

TEST(FillMessageTest, SetsEachFieldFromItsBytes) {
  const auto stop = Made<v1::StopRequest>(std::string("\1\0\1\1\1\5\1\2", 8));
  EXPECT_EQ(stop.name(), "web");
  EXPECT_TRUE(stop.no_wait());
  EXPECT_EQ(stop.timeout().seconds(), 999'999'999);
  EXPECT_EQ(stop.timeout().nanos(), -1);
}

TEST(FillMessageTest, ListsHaveSeveralValues) {
  const auto list = Made<v1::ListRequest>(std::string("\2\0\1\3\1\2\3", 7));
  EXPECT_THAT(list.names(), ElementsAre("web", "web2"));
  EXPECT_THAT(list.states(), ElementsAre(1, -1, 2));
}

TEST(FillMessageTest, TextsFromBytesAreAscii) {
  // A choice beyond the list of texts is the length of a new text.
  const auto status = Made<v1::StatusRequest>(std::string("\1\x20\xff\x80y", 5));
  EXPECT_EQ(status.name(), std::string("\x7f\0y", 3));
}

}  // namespace
}  // namespace hob
