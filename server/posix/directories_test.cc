#include "server/posix/directories.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "gtest/gtest.h"

namespace hob {
namespace {

class DirectoriesTest : public testing::Test {
 protected:
  DirectoriesTest() : root_(testing::TempDir() + "/directories_XXXXXX") {
    EXPECT_NE(mkdtemp(&root_[0]), nullptr);
  }

  static mode_t ModeOf(const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 ? status.st_mode : 0;
  }

  std::string root_;
};

TEST_F(DirectoriesTest, MakesMissingDirectories) {
  const std::string path = root_ + "/a/b/c";
  const MadeDirectories made = MakeDirectories(path, 0700, 0755);
  EXPECT_EQ(made.error, 0);
  EXPECT_EQ(made.path, path);
  EXPECT_EQ(ModeOf(root_ + "/a/b"), S_IFDIR | 0755);
  EXPECT_EQ(ModeOf(path), S_IFDIR | 0700);
}

TEST_F(DirectoriesTest, OpenToAllMeansWorldWritableAndNotSticky) {
  for (const auto& [mode, open] : {std::pair<mode_t, bool>{0755, false},
                                   {0775, false},
                                   {01777, false},
                                   {0777, true},
                                   {0702, true}}) {
    ASSERT_EQ(chmod(root_.c_str(), mode), 0);
    EXPECT_EQ(IsOpenToAll(root_), open) << std::oct << mode;
  }
  EXPECT_FALSE(IsOpenToAll(root_ + "/none"));
}

TEST_F(DirectoriesTest, HardLinksAreSuspectWhereOthersMayWrite) {
  const std::string path = root_ + "/file";
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const auto may_be_planted = [&] {
    struct stat status = {};
    EXPECT_EQ(fstat(fd, &status), 0);
    return MayBePlanted(status, path);
  };
  ASSERT_EQ(chmod(root_.c_str(), 0777), 0);
  EXPECT_FALSE(may_be_planted()) << "has one link";
  ASSERT_EQ(link(path.c_str(), (root_ + "/second").c_str()), 0);
  for (const auto& [mode, planted] :
       {std::pair<mode_t, bool>{0700, false}, {0755, false}, {0775, true}, {01777, true}}) {
    ASSERT_EQ(chmod(root_.c_str(), mode), 0);
    EXPECT_EQ(may_be_planted(), planted) << std::oct << mode;
  }
  close(fd);
}

TEST_F(DirectoriesTest, IgnoresATrailingSlash) {
  EXPECT_EQ(MakeDirectories(root_ + "/a//", 0700, 0755).error, 0);
  EXPECT_EQ(ModeOf(root_ + "/a"), S_IFDIR | 0700);
}

TEST_F(DirectoriesTest, LeavesExistingFilesAlone) {
  ASSERT_EQ(MakeDirectories(root_ + "/a", 0700, 0755).error, 0);
  const MadeDirectories made = MakeDirectories(root_ + "/a", 0755, 0755);
  EXPECT_EQ(made.error, 0);
  EXPECT_EQ(made.path, "");
  EXPECT_EQ(ModeOf(root_ + "/a"), S_IFDIR | 0700);
}

TEST_F(DirectoriesTest, NamesTheDirectoryThatCannotBeMade) {
  const MadeDirectories made = MakeDirectories("/proc/none/such", 0700, 0755);
  EXPECT_EQ(made.error, ENOENT);
  EXPECT_EQ(made.path, "/proc/none");
}

}  // namespace
}  // namespace hob
