// Makes every system call that reads a configuration fail, at every place, once and for good. The
// configuration is loaded as written, or an error says why; it is never loaded as another one.
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config.h"
#include "server/testing/failing_calls.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Names(const LoadedConfig& loaded) {
  std::vector<std::string> names;
  for (const auto& [name, spec] : loaded.config.daemons) names.push_back(name);
  return names;
}

class ConfigFaultsTest : public testing::TestWithParam<std::string> {
 protected:
  ConfigFaultsTest() {
    directory_.Write("1.ini", "[os_daemons]\nweb = /bin/true\nold = /bin/true\n");
    directory_.Write("2.ini", "[os_daemons]\nold =\ndb = /bin/true\n");
  }

  // Loads with a fault. Returns true if the fault happened.
  bool Load(const FailingCalls::Fault& fault) {
    auto calls = std::make_unique<FailingCalls>(fault);
    const LoadedConfig loaded = LoadConfig({directory_.path()});
    const bool happened = calls->failed() > 0;
    calls = nullptr;
    if (loaded.ok()) {
      EXPECT_THAT(Names(loaded), ElementsAre("db", "web"));
    } else {
      EXPECT_TRUE(happened) << loaded.errors.front().ToString();
      EXPECT_THAT(loaded.errors.front().ToString(), HasSubstr(strerror(fault.error_number)));
    }
    return happened;
  }

  TestDirectory directory_;
};

TEST_P(ConfigFaultsTest, FaultsNeverChangeTheConfiguration) {
  int happened = 0;
  for (const int error_number : {EIO, ENOMEM, EMFILE, EACCES}) {
    for (const bool for_good : {false, true}) {
      int number = 1;
      while (Load({GetParam(), number, for_good, error_number}) && !HasFailure()) ++number;
      happened += number - 1;
    }
  }
  EXPECT_GT(happened, 0) << "this call is never made";
  EXPECT_FALSE(Load({}));
}

INSTANTIATE_TEST_SUITE_P(Calls, ConfigFaultsTest,
                         testing::Values("open", "fstat", "read", "readdir", "stat"),
                         [](const auto& call) { return call.param; });

}  // namespace
}  // namespace hob
