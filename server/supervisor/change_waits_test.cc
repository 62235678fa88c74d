#include "server/supervisor/change_waits.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ChangeWaitsTest : public testing::Test {
 protected:
  ChangeWaitsTest() {
    waits_.SetWake([this](const std::string& name) { woken_.push_back(name); });
  }

  std::vector<std::string> WokenBy(const std::string& name) {
    woken_.clear();
    waits_.Changed(name);
    return woken_;
  }

  ChangeWaits waits_;
  std::vector<std::string> woken_;
};

TEST_F(ChangeWaitsTest, AChangeWakesThoseThatWaitForIt) {
  EXPECT_THAT(WokenBy("db"), IsEmpty());
  waits_.Await("app", {"db", "web"});
  waits_.Await("web", {"db"});
  EXPECT_THAT(WokenBy("db"), ElementsAre("app", "web"));
  EXPECT_THAT(WokenBy("web"), ElementsAre("app"));
  EXPECT_THAT(WokenBy("app"), IsEmpty());
}

TEST_F(ChangeWaitsTest, ALaterWaitReplacesTheEarlierOne) {
  waits_.Await("app", {"db"});
  waits_.Await("app", {"web"});
  EXPECT_THAT(WokenBy("db"), IsEmpty());
  waits_.Await("app", {});
  EXPECT_THAT(WokenBy("web"), IsEmpty());
}

TEST_F(ChangeWaitsTest, WithoutAFunctionNothingIsWoken) {
  waits_.Await("app", {"db"});
  waits_.SetWake(nullptr);
  EXPECT_THAT(WokenBy("db"), IsEmpty());
}

TEST_F(ChangeWaitsTest, AWokenDaemonMayWaitAgain) {
  waits_.SetWake([this](const std::string& name) { waits_.Await(name, {"web"}); });
  waits_.Await("app", {"db"});
  waits_.Changed("db");
  waits_.SetWake([this](const std::string& name) { woken_.push_back(name); });
  EXPECT_THAT(WokenBy("web"), ElementsAre("app"));
}

}  // namespace
}  // namespace hob
