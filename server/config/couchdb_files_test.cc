// Loads CouchDB's own configuration files unchanged.
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOsDaemons[] =
    "\n[os_daemons]\n"
    "first = /usr/bin/env sleep 5 ; a daemon\n"
    "second = /bin/sh -c 'while :; do date ; sleep 1; done'\n";

std::string TextOf(absl::string_view name) {
  std::ifstream file(absl::StrCat("server/config/testdata/", name));
  EXPECT_TRUE(file.good()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> texts;
  for (const ConfigProblem& problem : problems) texts.push_back(problem.ToString());
  return texts;
}

class CouchDbFilesTest : public testing::TestWithParam<const char*> {
 protected:
  TestDirectory directory_;
};

TEST_P(CouchDbFilesTest, LoadsAsItStands) {
  const LoadedConfig loaded = LoadConfig({directory_.Write("local.ini", TextOf(GetParam()))});
  EXPECT_THAT(Texts(loaded.errors), IsEmpty());
  EXPECT_THAT(loaded.config.daemons, IsEmpty());
  EXPECT_THAT(Texts(loaded.warnings),
              Contains(HasSubstr("the section [couchdb] is not hob's: skipped")));
  EXPECT_THAT(Texts(loaded.warnings), Contains(HasSubstr("[daemons] is not hob's")));
}

TEST_P(CouchDbFilesTest, LoadsWithOsDaemonsAdded) {
  const LoadedConfig loaded =
      LoadConfig({directory_.Write("local.ini", TextOf(GetParam()) + kOsDaemons)});
  EXPECT_THAT(Texts(loaded.errors), IsEmpty());
  ASSERT_EQ(loaded.config.daemons.size(), 2);
  EXPECT_THAT(loaded.config.daemons.at("first")->argv, ElementsAre("/usr/bin/env", "sleep", "5"));
  EXPECT_EQ(loaded.config.daemons.at("second")->argv.size(), 3);
  EXPECT_THAT(Texts(loaded.warnings), Not(Contains(HasSubstr("[os_daemons]"))));
}

INSTANTIATE_TEST_SUITE_P(Files, CouchDbFilesTest,
                         testing::Values("couchdb-1.7.1-default.ini", "couchdb-1.7.1-local.ini",
                                         "couchdb-2.2.0-local.ini"));

TEST(CouchDbChainTest, DefaultThenLocalLoads) {
  TestDirectory directory;
  const std::string first = directory.Write("default.ini", TextOf("couchdb-1.7.1-default.ini"));
  const std::string second =
      directory.Write("local.ini", TextOf("couchdb-1.7.1-local.ini") + kOsDaemons);
  const LoadedConfig loaded = LoadConfig({first, second});
  EXPECT_THAT(Texts(loaded.errors), IsEmpty());
  EXPECT_EQ(loaded.config.daemons.size(), 2);
  EXPECT_THAT(loaded.config.daemons.at("first")->origin, HasSubstr("local.ini:10"));
}

}  // namespace
}  // namespace hob
