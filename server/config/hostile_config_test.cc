// Loads configurations that are written to do harm.
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class HostileConfigTest : public testing::Test {
 protected:
  // Returns the errors as "FILE:LINE: message", the file without its directory.
  std::vector<std::string> Texts(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : problems) {
      texts.push_back(absl::StrReplaceAll(problem.ToString(), {{directory_.path() + "/", ""}}));
    }
    return texts;
  }
  LoadedConfig Load(const std::string& text) {
    return LoadConfig({directory_.Write("1.ini", text)});
  }
  std::vector<std::string> ErrorsOf(const std::string& text) { return Texts(Load(text).errors); }

  TestDirectory directory_;
};

TEST_F(HostileConfigTest, HostileNamesAreRefusedAndEscaped) {
  for (const std::string& name :
       {std::string("../x"), std::string("."), std::string("-a"), std::string(65, 'a'),
        std::string("a b"), std::string("%s"), std::string("\x1B[31m"),
        std::string("grpc.health.v1.Health"), std::string("hob.v1.Supervisor")}) {
    const std::vector<std::string> errors =
        ErrorsOf(absl::StrCat("[os_daemons]\n", name, " = /usr/bin/env\n"));
    // A name that starts with a bracket or a blank is no key.
    ASSERT_THAT(errors, SizeIs(1)) << name;
    EXPECT_THAT(errors[0], HasSubstr("is not a valid daemon name")) << name;
    EXPECT_FALSE(absl::StrContains(errors[0], "\x1B"));
    EXPECT_THAT(ErrorsOf(absl::StrCat("[daemon:", name == "\x1B[31m" ? "\x1B" : name, "]\n")),
                ElementsAre(HasSubstr("is not a valid daemon name")));
  }
  EXPECT_THAT(ErrorsOf("[daemon:]\n"), ElementsAre(HasSubstr("a daemon's name is empty")));
}

TEST_F(HostileConfigTest, RootRefusesFilesThatOthersMayWrite) {
  if (geteuid() != 0) GTEST_SKIP() << "only root's configuration is checked";
  const std::string path = directory_.Write("open/x.ini", "[os_daemons]\na = /usr/bin/env\n");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  EXPECT_THAT(Texts(LoadConfig({path}).errors),
              ElementsAre("open/x.ini: is writable by everybody, who could make hobd run any "
                          "program as root: chmod o-w it"));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(LoadConfig({path}).ok());
  ASSERT_EQ(chmod(directory_.PathOf("open").c_str(), 0777), 0);
  EXPECT_THAT(Texts(LoadConfig({directory_.PathOf("open")}).errors),
              ElementsAre(HasSubstr("which is writable by everybody")));
  ASSERT_EQ(chmod(directory_.PathOf("open").c_str(), 0755), 0);
  if (chown(path.c_str(), 65534, 65534) != 0) GTEST_SKIP() << "this sandbox knows one user only";
  EXPECT_THAT(Texts(LoadConfig({path}).errors),
              ElementsAre(HasSubstr("open/x.ini: belongs to user 65534")));
}

TEST_F(HostileConfigTest, HugeFilesAreRefusedQuickly) {
  EXPECT_THAT(ErrorsOf(std::string(5 << 20, 'x')),
              ElementsAre("1.ini: has 5242880 bytes, at most 1048576 are allowed: split it"));
  std::string sections;
  for (int i = 0; sections.size() < 1'000'000; ++i) absl::StrAppend(&sections, "[s", i, "]\n");
  const LoadedConfig loaded = Load(sections);
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(loaded.warnings, SizeIs(10'001));
}

}  // namespace
}  // namespace hob
