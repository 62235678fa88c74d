#include "server/run_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/test_folder.h"

namespace hob {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class RunDirLockTest : public testing::Test {
 protected:
  absl::Status Acquire() { return RunDirLock::Acquire(folder_.path()).status(); }

  const TestFolder folder_;
  const std::string path_ = folder_.PathOf("hob.lock");
};

TEST_F(RunDirLockTest, NamesItsHolder) {
  const absl::StatusOr<RunDirLock> lock = RunDirLock::Acquire(folder_.path());
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(Read(path_), absl::StrCat(getpid(), "\n"));
  const absl::Status second = Acquire();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("its pid is ", getpid(), ";")));
}

TEST_F(RunDirLockTest, IsFreeWhenItsHolderIsGone) {
  EXPECT_TRUE(Acquire().ok());
  EXPECT_TRUE(Acquire().ok());
}

TEST_F(RunDirLockTest, S19_APlantedLinkIsNoLockAndWhatItNamesStaysAsItIs) {
  const std::string victim = folder_.Write("victim", "untouched and longer than a pid\n");
  for (const auto plant : {symlink, link}) {
    ASSERT_EQ(plant(victim.c_str(), path_.c_str()), 0);
    const absl::Status status = Acquire();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_EQ(Read(victim), "untouched and longer than a pid\n");
    ASSERT_EQ(unlink(path_.c_str()), 0);
  }
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(std::string(Acquire().message()), HasSubstr("is no regular file"));
}

TEST(CheckClosedTest, S04_AFolderThatEverybodyMayWriteIsRefused) {
  const TestFolder folder;
  EXPECT_TRUE(CheckClosed("run_dir", folder.path()).ok());
  ASSERT_EQ(chmod(folder.path().c_str(), 0777), 0);
  EXPECT_EQ(
      CheckClosed("run_dir", folder.path()).message(),
      absl::StrCat("run_dir: everybody may replace what is in ", folder.path(), ": chmod o-w it"));
}

}  // namespace
}  // namespace hob
