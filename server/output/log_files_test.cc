#include "server/output/log_files.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LogFilesTest : public RotationTest {};

TEST_F(LogFilesTest, RotationKeepsTheLatestBackupsAndTheirIndexes) {
  for (const char* text : {"one", "two", "three", "four"}) WriteAndRotate(text, 2);
  EXPECT_THAT(Listing(directory_.path()),
              ElementsAre("web.log.1", "web.log.1.idx", "web.log.2", "web.log.2.idx"));
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.1"), "four");
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.2.idx"), "three");
}

TEST_F(LogFilesTest, RenamedFilesKeepTheirSequenceNumbers) {
  WriteAndRotate("zero", 5);
  WriteAndRotate("one", 5);
  EXPECT_EQ(files_->current(), 2);
  EXPECT_EQ(files_->Oldest(), 0);
  EXPECT_EQ(Read(0), "zero");
  EXPECT_EQ(Read(1), "one");
  EXPECT_EQ(Read(2), "none");
  EXPECT_EQ(Read(3), "none");
  EXPECT_EQ(Read(-1), "none");
}

// Returns the header of a zstd frame whose 8-byte size field repeats `byte`.
std::string FrameOfSize(char byte) {
  return std::string("\x28\xB5\x2F\xFD\xE0", 5) + std::string(8, byte);
}

TEST_F(LogFilesTest, CountsACorruptBackupThatClaimsToBeHuge) {
  WriteAndRotate("one", 5);
  WriteAndRotate("two", 5);
  // Sizes of 2^63 and more, and sizes whose sum does not fit into 63 bits.
  for (const char byte : {'\x80', '\x7F'}) {
    for (const int64_t sequence : {0, 1}) {
      const std::string corrupt = directory_.path() + "/corrupt";
      WriteFile(corrupt, FrameOfSize(byte));
      WriteFile(files_->path() + "." + std::to_string(2 - sequence), "");
      ASSERT_TRUE(files_->AddCompressed(sequence, corrupt));
      files_->RemoveUncompressed(sequence);
      EXPECT_EQ(Read(sequence), "");
    }
    EXPECT_EQ(files_->StartOf(0), 6);
  }
}

TEST_F(LogFilesTest, FilesOfAnEarlierServerHaveNegativeNumbers) {
  WriteFile(directory_.path() + "/web.log.1", "before");
  WriteFile(directory_.path() + "/web.log.2", "long before");
  EXPECT_EQ(files_->Oldest(), -2);
  EXPECT_EQ(Read(-2), "long before");
  EXPECT_EQ(files_->StartOf(0), 0);
  EXPECT_EQ(files_->StartOf(-2), -17);
}

TEST_F(LogFilesTest, ZeroBackupsKeepsNone) {
  WriteAndRotate("one", 0);
  EXPECT_THAT(Listing(directory_.path()), IsEmpty());
  EXPECT_EQ(files_->current(), 1);
}

TEST_F(LogFilesTest, LoweredBackupsTakeEffectAtTheNextRotation) {
  for (const char* text : {"one", "two", "three", "four"}) WriteAndRotate(text, 5);
  WriteAndRotate("five", 2);
  EXPECT_THAT(Listing(directory_.path()),
              ElementsAre("web.log.1", "web.log.1.idx", "web.log.2", "web.log.2.idx"));
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.2"), "four");
}

TEST_F(LogFilesTest, AMissingBackupDoesNotAffectOthers) {
  for (const char* text : {"one", "two", "three"}) WriteAndRotate(text, 5);
  ASSERT_EQ(unlink((directory_.path() + "/web.log.2").c_str()), 0);
  for (const char* text : {"four", "five"}) WriteAndRotate(text, 5);
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.1"), "five");
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.2"), "four");
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.3"), "three");
  EXPECT_EQ(ReadFile(directory_.path() + "/web.log.4"), "one");
}

TEST_F(LogFilesTest, FailedRotationKeepsTheFileBeingWritten) {
  LogFiles nowhere(directory_.path() + "/web.log/not-a-directory");
  WriteFile(directory_.path() + "/web.log", "text");
  EXPECT_EQ(nowhere.Rotate(5, 4), ENOTDIR);
  EXPECT_EQ(nowhere.current(), 0);
}

TEST_F(LogFilesTest, CorruptCompressedFileEndsAtTheCorruption) {
  WriteFile(directory_.path() + "/web.log.1.zst", "this is not zstd at all");
  EXPECT_EQ(Read(-1), "");
}

TEST_F(LogFilesTest, OpensRegularFilesOnly) {
  ASSERT_EQ(symlink("/etc/passwd", files_->path().c_str()), 0);
  EXPECT_FALSE(files_->Open(0).fd.ok());
}

class CountingListener : public LogFiles::Listener {
 public:
  void OnChange() override { ++count; }
  int count = 0;
};

TEST_F(LogFilesTest, NotifiesListenersOfGrowthAndEnd) {
  CountingListener listener;
  files_->AddWriter();
  files_->AddWriter();
  files_->AddListener(&listener);
  files_->NotifyListeners();
  EXPECT_EQ(listener.count, 1);
  files_->RemoveWriter();
  EXPECT_FALSE(files_->ended());
  EXPECT_EQ(listener.count, 1);
  files_->RemoveWriter();
  EXPECT_TRUE(files_->ended());
  EXPECT_EQ(listener.count, 2);
  files_->RemoveListener(&listener);
  files_->NotifyListeners();
  EXPECT_EQ(listener.count, 2);
}

}  // namespace
}  // namespace hob
