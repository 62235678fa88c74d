#include "server/posix/owned_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "server/testing/failing_calls.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

class OwnedFileTest : public testing::Test {
 protected:
  std::string Text() { return ReadOwnedFile(path_).value_or("(none)"); }
  bool HasTemporaryFile() { return access((path_ + ".new").c_str(), F_OK) == 0; }

  const TestDirectory directory_;
  const std::string path_ = directory_.PathOf("file");
};

TEST_F(OwnedFileTest, IsReplacedAsAWhole) {
  EXPECT_TRUE(absl::IsNotFound(ReadOwnedFile(path_).status()));
  EXPECT_EQ(ReplaceOwnedFile(path_, "a long text"), 0);
  EXPECT_EQ(Text(), "a long text");
  EXPECT_EQ(ReplaceOwnedFile(path_, std::string("b\0c", 3)), 0);
  EXPECT_EQ(Text(), std::string("b\0c", 3));
  struct stat file;
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600);
  EXPECT_EQ(RemoveOwnedFile(path_), 0);
  EXPECT_EQ(RemoveOwnedFile(path_), 0);
  EXPECT_EQ(Text(), "(none)");
}

TEST_F(OwnedFileTest, AFailureLeavesTheOldFile) {
  for (const char* call : {"open", "write", "fsync", "rename"}) {
    for (int number = 1; number <= 3; ++number) {
      SCOPED_TRACE(call);
      ASSERT_EQ(ReplaceOwnedFile(path_, "old"), 0);
      int error = 0;
      int failed = 0;
      {
        const FailingCalls calls({call, number, false, ENOSPC});
        error = ReplaceOwnedFile(path_, "new");
        failed = calls.failed();
      }
      EXPECT_EQ(error, failed == 0 ? 0 : ENOSPC);
      // The last sync comes after the change.
      const bool is_last = std::string(call) == "fsync" && number == 2;
      EXPECT_EQ(Text(), failed == 0 || is_last ? "new" : "old");
      EXPECT_FALSE(HasTemporaryFile());
    }
  }
}

TEST_F(OwnedFileTest, APlantedTemporaryFileStaysAsItIs) {
  const std::string victim = directory_.Write("victim", "untouched");
  for (const auto plant : {symlink, link}) {
    ASSERT_EQ(plant(victim.c_str(), (path_ + ".new").c_str()), 0);
    EXPECT_EQ(ReplaceOwnedFile(path_, "text"), 0);
    EXPECT_EQ(Text(), "text");
    EXPECT_EQ(ReadOwnedFile(victim).value_or(""), "untouched");
  }
}

TEST_F(OwnedFileTest, OnlyAFileThatOthersCannotWriteIsRead) {
  ASSERT_EQ(ReplaceOwnedFile(path_, "text"), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0620), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadOwnedFile(path_).status()));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadOwnedFile(path_).status()));
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(symlink("/dev/zero", path_.c_str()), 0);
  EXPECT_FALSE(ReadOwnedFile(path_).ok());
}

TEST_F(OwnedFileTest, ADirectoryThatIsMissingIsAnError) {
  EXPECT_EQ(ReplaceOwnedFile(directory_.PathOf("no/file"), "text"), ENOENT);
  EXPECT_EQ(RemoveOwnedFile(directory_.PathOf("no/file")), ENOENT);
}

}  // namespace
}  // namespace hob
