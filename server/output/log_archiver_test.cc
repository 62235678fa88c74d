#include "server/output/log_archiver.h"

#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_source.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LogArchiverTest : public RotationTest {};

TEST_F(LogArchiverTest, CompressionKeepsBytesAndOrder) {
  LogArchiver archiver;
  const std::string large(300'000, 'x');
  WriteAndRotate(large, 5);
  WriteAndRotate("", 5);
  WriteAndRotate("two", 5);
  archiver.Request(files_, files_->current() - 1, /*compress=*/true);
  archiver.WaitUntilIdle();
  EXPECT_THAT(Listing(directory_.path()),
              ElementsAre("web.log.1.idx", "web.log.1.zst", "web.log.2.idx", "web.log.2.zst",
                          "web.log.3.idx", "web.log.3.zst"));
  EXPECT_LT(ReadFile(directory_.path() + "/web.log.3.zst").size(), 1000);
  EXPECT_EQ(Read(0), large);
  EXPECT_EQ(Read(1), "");
  EXPECT_EQ(Read(2), "two");
  WriteAndRotate("three", 5);
  EXPECT_EQ(Read(0), large);
  EXPECT_EQ(files_->StartOf(3), 300'003);
}

// Records every sync: the name and size of a file, or the listing of a directory.
class SyncRecorder {
 public:
  explicit SyncRecorder(std::string directory) : directory_(std::move(directory)) {}

  LogArchiver::Sync Recorder() {
    return [this](int fd) {
      struct stat status;
      EXPECT_EQ(fstat(fd, &status), 0);
      if (S_ISDIR(status.st_mode)) {
        notes_.push_back(absl::StrCat("directory: ", absl::StrJoin(Listing(directory_), " ")));
      } else {
        notes_.push_back(absl::StrCat(NameOf(status.st_ino), ": ", status.st_size, " bytes"));
      }
      return !failing_;
    };
  }
  void Fail() { failing_ = true; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string NameOf(ino_t inode) const {
    for (const std::string& name : Listing(directory_)) {
      struct stat status;
      if (stat((directory_ + "/" + name).c_str(), &status) == 0 && status.st_ino == inode)
        return name;
    }
    return "gone";
  }

  const std::string directory_;
  bool failing_ = false;
  std::vector<std::string> notes_;
};

TEST_F(LogArchiverTest, SyncsRotatedFilesBeforeAndAfterCompression) {
  SyncRecorder disk(directory_.path());
  LogArchiver archiver(disk.Recorder());
  WriteAndRotate("one", 5);
  WriteFile(files_->path(), "two");
  archiver.Request(files_, 0, /*compress=*/true);
  archiver.WaitUntilIdle();
  ASSERT_EQ(disk.notes().size(), 4);
  EXPECT_EQ(disk.notes()[0], "web.log.1: 3 bytes");
  EXPECT_EQ(disk.notes()[1], "directory: web.log web.log.1 web.log.1.idx");
  EXPECT_THAT(disk.notes()[2], HasSubstr("web.log.zst.tmp: "));
  // The original is removed only after this.
  EXPECT_EQ(disk.notes()[3], "directory: web.log web.log.1 web.log.1.idx web.log.1.zst");
  EXPECT_THAT(Listing(directory_.path()), ElementsAre("web.log", "web.log.1.idx", "web.log.1.zst"));
}

TEST_F(LogArchiverTest, SyncsRotatedFilesWithoutCompression) {
  SyncRecorder disk(directory_.path());
  LogArchiver archiver(disk.Recorder());
  WriteAndRotate("one", 5);
  WriteAndRotate("two2", 5);
  archiver.Request(files_, 0, /*compress=*/false);
  archiver.WaitUntilIdle();
  EXPECT_THAT(disk.notes(), ElementsAre("web.log.2: 3 bytes", "web.log.1: 4 bytes",
                                        HasSubstr("directory: web.log.1 ")));
}

TEST_F(LogArchiverTest, KeepsTheOriginalWhenSyncFails) {
  SyncRecorder disk(directory_.path());
  disk.Fail();
  LogArchiver archiver(disk.Recorder());
  WriteAndRotate("one", 5);
  archiver.Request(files_, 0, /*compress=*/true);
  archiver.WaitUntilIdle();
  EXPECT_THAT(Listing(directory_.path()), ElementsAre("web.log.1", "web.log.1.idx"));
  EXPECT_EQ(Read(0), "one");
}

TEST_F(LogArchiverTest, DoesNothingAfterEnd) {
  LogArchiver archiver;
  WriteAndRotate("one", 5);
  archiver.End();
  archiver.Request(files_, 0, /*compress=*/true);
  archiver.End();
  EXPECT_THAT(Listing(directory_.path()), ElementsAre("web.log.1", "web.log.1.idx"));
  EXPECT_EQ(Read(0), "one");
}

TEST_F(LogArchiverTest, DoesNotWriteThroughAPlantedLink) {
  const std::string victim = directory_.path() + "/victim";
  const std::string planted = directory_.path() + "/web.log.zst.tmp";
  for (const auto plant : {symlink, link}) {
    WriteFile(victim, "untouched");
    ASSERT_EQ(plant(victim.c_str(), planted.c_str()), 0);
    WriteAndRotate("one", 5);
    LogArchiver archiver;
    archiver.Request(files_, files_->current() - 1, /*compress=*/true);
    archiver.WaitUntilIdle();
    EXPECT_EQ(ReadFile(victim), "untouched");
    EXPECT_FALSE(FileExists(planted));
    EXPECT_TRUE(FileExists(directory_.path() + "/web.log.1.zst"));
  }
}

TEST_F(LogArchiverTest, RecompressesAFileLeftByACrash) {
  WriteAndRotate("one", 5);
  WriteFile(directory_.path() + "/web.log.1.zst", "half of it");
  LogArchiver archiver;
  archiver.Request(files_, 0, /*compress=*/true);
  archiver.WaitUntilIdle();
  EXPECT_FALSE(FileExists(directory_.path() + "/web.log.1"));
  EXPECT_EQ(Read(0), "one");
}

TEST_F(LogArchiverTest, CompressedFilesAreReadFromAnyOffset) {
  LogArchiver archiver;
  std::string numbers;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&numbers, i, "\n");
  WriteAndRotate(numbers, 5);
  archiver.Request(files_, files_->current() - 1, /*compress=*/true);
  archiver.WaitUntilIdle();
  const std::unique_ptr<LogSource> source = LogSource::From(files_->Open(0));
  ASSERT_FALSE(source->IsRandomAccess());
  for (int64_t offset : {500'000, 3, 400'000, 400'100}) {
    char bytes[20];
    ASSERT_EQ(source->ReadAt(offset, bytes, 20), 20);
    EXPECT_EQ(std::string(bytes, 20), numbers.substr(offset, 20));
  }
  char beyond[20];
  EXPECT_EQ(source->ReadAt(numbers.size() - 5, beyond, 20), 5);
  EXPECT_EQ(source->ReadAt(numbers.size() + 5, beyond, 20), 0);
}

}  // namespace
}  // namespace hob
