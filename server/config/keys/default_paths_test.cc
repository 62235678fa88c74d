#include "server/config/keys/default_paths.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DefaultPathsTest, RootsAreTheSystems) {
  const DefaultPaths paths = SystemPaths();
  EXPECT_EQ(paths.config_dir, "/etc/hob");
  EXPECT_EQ(paths.run_dir, "/run/hob");
  EXPECT_EQ(paths.log_dir, "/var/log/hob");
  EXPECT_EQ(paths.state_dir, "/var/lib/hob");
}

TEST(DefaultPathsTest, UsersFollowXdg) {
  UserDirectories directories;
  directories.uid = 1000;
  directories.home = "/home/ada";
  directories.xdg_config_home = "/c";
  directories.xdg_runtime_dir = "/r";
  directories.xdg_state_home = "/s";
  const DefaultPaths paths = UserPaths(directories);
  EXPECT_EQ(paths.config_dir, "/c/hob");
  EXPECT_EQ(paths.run_dir, "/r/hob");
  EXPECT_EQ(paths.state_dir, "/s/hob");
  EXPECT_EQ(paths.log_dir, "/s/hob/log");
}

TEST(DefaultPathsTest, UsersHaveFallbacks) {
  UserDirectories directories;
  directories.uid = 1000;
  directories.home = "/home/ada";
  directories.xdg_config_home = "relative";
  directories.has_run_user = true;
  DefaultPaths paths = UserPaths(directories);
  EXPECT_EQ(paths.config_dir, "/home/ada/.config/hob");
  EXPECT_EQ(paths.run_dir, "/run/user/1000/hob");
  EXPECT_EQ(paths.state_dir, "/home/ada/.local/state/hob");

  directories.has_run_user = false;
  directories.home = "";
  paths = UserPaths(directories);
  EXPECT_EQ(paths.run_dir, "/tmp/hob-1000");
  EXPECT_EQ(paths.config_dir, "/tmp/hob-1000/.config/hob");
}

TEST(DefaultPathsTest, RootIgnoresXdg) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  setenv("XDG_CONFIG_HOME", "/elsewhere", 1);
  EXPECT_EQ(CurrentPaths().config_dir, "/etc/hob");
  for (const std::string& path : DefaultConfigPaths()) EXPECT_EQ(access(path.c_str(), F_OK), 0);
}

TEST(DefaultPathsTest, OrdinaryUsersHaveTheirOwn) {
  const AsOrdinaryUser user;
  if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
  setenv("HOME", "/home/ada", 1);
  setenv("XDG_CONFIG_HOME", "/c", 1);
  setenv("XDG_RUNTIME_DIR", "/r", 1);
  setenv("XDG_STATE_HOME", "/s", 1);
  EXPECT_EQ(CurrentPaths().config_dir, "/c/hob");
  EXPECT_EQ(CurrentPaths().run_dir, "/r/hob");
  EXPECT_EQ(CurrentPaths().state_dir, "/s/hob");
  unsetenv("XDG_CONFIG_HOME");
  EXPECT_EQ(CurrentPaths().config_dir, "/home/ada/.config/hob");
  unsetenv("HOME");
  EXPECT_NE(CurrentPaths().config_dir, "/home/ada/.config/hob");
}

TEST(DefaultPathsTest, DefaultChainHasOnlyExistingPaths) {
  const AsOrdinaryUser user;
  if (!user.ok()) GTEST_SKIP() << "this sandbox knows no ordinary user";
  char directory[] = "/tmp/hob-default-paths-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::filesystem::path root = directory;
  setenv("XDG_CONFIG_HOME", directory, 1);
  EXPECT_THAT(DefaultConfigPaths(), IsEmpty());
  std::filesystem::create_directories(root / "hob" / "hob.d");
  EXPECT_THAT(DefaultConfigPaths(), ElementsAre(root / "hob" / "hob.d"));
  std::ofstream(root / "hob" / "hob.ini") << "";
  EXPECT_THAT(DefaultConfigPaths(), ElementsAre(root / "hob" / "hob.ini", root / "hob" / "hob.d"));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace hob
