#include "server/process/folders.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "gtest/gtest.h"

namespace hob {
namespace {

class FoldersTest : public testing::Test {
 protected:
  FoldersTest() : root_(testing::TempDir() + "/folders_XXXXXX") {
    EXPECT_NE(mkdtemp(&root_[0]), nullptr);
  }

  static mode_t ModeOf(const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 ? status.st_mode : 0;
  }

  std::string root_;
};

TEST_F(FoldersTest, WhatIsMissingIsMade) {
  const std::string path = root_ + "/a/b/c";
  const MadeFolders made = MakeFolders(path, 0700, 0755);
  EXPECT_EQ(made.error, 0);
  EXPECT_EQ(made.path, path);
  EXPECT_EQ(ModeOf(root_ + "/a/b"), S_IFDIR | 0755);
  EXPECT_EQ(ModeOf(path), S_IFDIR | 0700);
}

TEST_F(FoldersTest, ASlashAtTheEndChangesNothing) {
  EXPECT_EQ(MakeFolders(root_ + "/a//", 0700, 0755).error, 0);
  EXPECT_EQ(ModeOf(root_ + "/a"), S_IFDIR | 0700);
}

TEST_F(FoldersTest, WhatIsThereIsLeftAsItIs) {
  ASSERT_EQ(MakeFolders(root_ + "/a", 0700, 0755).error, 0);
  const MadeFolders made = MakeFolders(root_ + "/a", 0755, 0755);
  EXPECT_EQ(made.error, 0);
  EXPECT_EQ(made.path, "");
  EXPECT_EQ(ModeOf(root_ + "/a"), S_IFDIR | 0700);
}

TEST_F(FoldersTest, WhatCannotBeMadeIsNamed) {
  const MadeFolders made = MakeFolders("/proc/none/such", 0700, 0755);
  EXPECT_EQ(made.error, ENOENT);
  EXPECT_EQ(made.path, "/proc/none");
}

}  // namespace
}  // namespace hob
