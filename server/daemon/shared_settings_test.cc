#include "server/daemon/shared_settings.h"

#include "gmock/gmock.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(SharedSettingsTest, CopySharesUntilItIsChanged) {
  const SharedSettings settings = {{"nice", "5"}, {"umask", "022"}};
  SharedSettings copy = settings;
  EXPECT_TRUE(copy.SharesWith(settings));
  EXPECT_EQ(copy, settings);
  copy["nice"] = "6";
  copy.erase("umask");
  EXPECT_FALSE(copy.SharesWith(settings));
  EXPECT_NE(copy, settings);
  EXPECT_THAT(copy.map(), ElementsAre(Pair("nice", "6")));
  EXPECT_THAT(settings.map(), ElementsAre(Pair("nice", "5"), Pair("umask", "022")));
}

TEST(SharedSettingsTest, EqualOnesMayBeApart) {
  const SharedSettings one = {{"nice", "5"}};
  const SharedSettings other = {{"nice", "5"}};
  EXPECT_FALSE(one.SharesWith(other));
  EXPECT_EQ(one, other);
  EXPECT_FALSE(one < other);
  EXPECT_FALSE(other < one);
  EXPECT_TRUE(one < SharedSettings({{"nice", "6"}}));
}

}  // namespace
}  // namespace hob
