#include "server/daemon/shared_value.h"

#include <string>

#include "gtest/gtest.h"

namespace hob {
namespace {

struct Text {
  std::string text = "as it begins";
};

TEST(SharedValueTest, BeginsAsADefaultThatAllShare) {
  const SharedValue<Text> first;
  const SharedValue<Text> second;
  EXPECT_EQ(first->text, "as it begins");
  EXPECT_EQ(&*first, &*second);
}

TEST(SharedValueTest, CopiesShareUntilOneIsChanged) {
  SharedValue<Text> first;
  first.Own().text = "changed";
  SharedValue<Text> second = first;
  EXPECT_EQ(&*first, &*second);
  second.Own().text += " again";
  EXPECT_EQ(first->text, "changed");
  EXPECT_EQ(second->text, "changed again");
  EXPECT_EQ(SharedValue<Text>()->text, "as it begins");
}

}  // namespace
}  // namespace hob
