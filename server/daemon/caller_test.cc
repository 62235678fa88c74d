#include "server/daemon/caller.h"

#include "gtest/gtest.h"

namespace hob {
namespace {

TEST(CallerTest, ReasonFollowsTheSenderInASafeForm) {
  EXPECT_EQ(ByCaller(Caller::Server()), "by hobd");
  const std::string alice = "alice (uid 1001)";
  EXPECT_EQ(ByCaller({Caller::Kind::kUser, alice, ""}), "by alice (uid 1001)");
  EXPECT_EQ(ByCaller({Caller::Kind::kUser, alice, "deploying 4.2"}),
            "by alice (uid 1001): deploying 4.2");
  EXPECT_EQ(ByCaller({Caller::Kind::kUser, alice, "a\nb"}), "by alice (uid 1001): a\\x0ab");
  const std::string longest(kMaxReasonCharacters, 'x');
  EXPECT_EQ(ByCaller({Caller::Kind::kUser, alice, longest}), "by alice (uid 1001): " + longest);
}

}  // namespace
}  // namespace hob
