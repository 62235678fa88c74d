#include "server/output/log_reader.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_archiver.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

class LogReaderTest : public testing::Test {
 protected:
  // Appends to the log, at `seconds` after noon.
  void Append(const std::string& text, int seconds) {
    const std::string before = ReadFile(files_->path());
    AppendToLogIndex(files_->index_path(),
                     {static_cast<int64_t>(before.size()), kNoon + absl::Seconds(seconds)},
                     before.empty());
    WriteFile(files_->path(), before + text);
  }
  void Rotate(int backups = 5) {
    ASSERT_EQ(files_->Rotate(backups, ReadFile(files_->path()).size()), 0);
  }
  void Compress() {
    LogArchiver archiver;
    archiver.Request(files_, files_->current() - 1, /*compress=*/true);
    archiver.WaitUntilIdle();
  }

  std::string ReadOn(int64_t max = 1000) {
    std::string all;
    while (const auto piece = reader_.Next(max)) all += piece->data;
    return all;
  }
  std::string From(const LogReader::Position& position) {
    reader_.StartAt(position);
    return ReadOn();
  }

  TestDirectory directory_;
  const std::shared_ptr<LogFiles> files_ =
      std::make_shared<LogFiles>(directory_.path() + "/web.log");
  LogReader reader_{files_};
};

TEST_F(LogReaderTest, FindsLastLinesAcrossCompressedAndRotatedFiles) {
  Append("1\n2\n3\n", 0);
  Rotate();
  Compress();
  Append("4\n5\n", 1);
  Rotate();
  Append("6\n7", 2);
  EXPECT_EQ(From(reader_.BeforeLines(0)), "");
  EXPECT_EQ(From(reader_.BeforeLines(1)), "7");
  EXPECT_EQ(From(reader_.BeforeLines(2)), "6\n7");
  EXPECT_EQ(From(reader_.BeforeLines(3)), "5\n6\n7");
  EXPECT_EQ(From(reader_.BeforeLines(5)), "3\n4\n5\n6\n7");
  EXPECT_EQ(From(reader_.BeforeLines(7)), "1\n2\n3\n4\n5\n6\n7");
  EXPECT_EQ(From(reader_.BeforeLines(1'000'000)), "1\n2\n3\n4\n5\n6\n7");
}

TEST_F(LogReaderTest, FindsLastLinesOfALargeFile) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&text, "line ", i, "\n");
  Append(text, 0);
  for (int lines : {1, 100, 20'000, 49'999}) {
    const std::string first = absl::StrCat("line ", 50'000 - lines, "\n");
    EXPECT_EQ(From(reader_.BeforeLines(lines)), text.substr(text.find(first))) << lines;
  }
  Rotate();
  Compress();
  EXPECT_EQ(From(reader_.BeforeLines(20'000)), text.substr(text.find("line 30000\n")));
}

TEST_F(LogReaderTest, FindsLastBytesAcrossFiles) {
  Append("12345", 0);
  Rotate();
  Append("678", 1);
  EXPECT_EQ(From(reader_.BeforeBytes(2)), "78");
  EXPECT_EQ(From(reader_.BeforeBytes(5)), "45678");
  EXPECT_EQ(From(reader_.BeforeBytes(50)), "12345678");
}

TEST_F(LogReaderTest, UnwrittenLogIsEmpty) {
  EXPECT_EQ(From(reader_.BeforeLines(10)), "");
  EXPECT_EQ(From(reader_.Since(kNoon)), "");
  Append("first\n", 0);
  EXPECT_EQ(ReadOn(), "first\n");
}

TEST_F(LogReaderTest, SinceBeginsWithTheLineWrittenThen) {
  Append("a\nb\n", 0);
  Append("c\nhalf a ", 10);
  Append("line\nd\n", 20);
  Rotate();
  Append("e\n", 30);
  EXPECT_EQ(From(reader_.Since(kNoon - absl::Hours(1))), "a\nb\nc\nhalf a line\nd\ne\n");
  EXPECT_EQ(From(reader_.Since(kNoon + absl::Seconds(5))), "c\nhalf a line\nd\ne\n");
  EXPECT_EQ(From(reader_.Since(kNoon + absl::Seconds(15))), "half a line\nd\ne\n");
  EXPECT_EQ(From(reader_.Since(kNoon + absl::Seconds(30))), "e\n");
  EXPECT_EQ(From(reader_.Since(kNoon + absl::Seconds(40))), "");
}

TEST_F(LogReaderTest, CorruptIndexNeverPointsPastTheEnd) {
  Append("a\nb\n", 0);
  ASSERT_TRUE(AppendToLogIndex(files_->index_path(),
                               {std::numeric_limits<int64_t>::max(), kNoon + absl::Seconds(5)},
                               /*truncate=*/true));
  const LogReader::Position since = reader_.Since(kNoon);
  EXPECT_EQ(since.sequence, 0);
  EXPECT_EQ(since.offset, 4);
}

TEST_F(LogReaderTest, PiecesAreWholeLinesOfOneTime) {
  Append("a\nb\nhalf a ", 0);
  Append("line\nc\n", 10);
  reader_.StartAt({0, 0});
  auto piece = reader_.Next(1000);
  EXPECT_EQ(piece->data, "a\nb\nhalf a line\n");
  EXPECT_EQ(piece->time, kNoon);
  piece = reader_.Next(1000);
  EXPECT_EQ(piece->data, "c\n");
  EXPECT_EQ(piece->time, kNoon + absl::Seconds(10));
}

TEST_F(LogReaderTest, PiecesAreNoLargerThanAskedFor) {
  Append("12345\n78\nabcdefghijk", 0);
  reader_.StartAt({0, 0});
  EXPECT_EQ(reader_.Next(8)->data, "12345\n");
  EXPECT_EQ(reader_.Next(8)->data, "78\n");
  EXPECT_EQ(reader_.Next(8)->data, "abcdefgh");
  EXPECT_EQ(reader_.Next(8)->data, "ijk");
  EXPECT_EQ(reader_.Next(8), absl::nullopt);
}

TEST_F(LogReaderTest, TimeIsAbsentWithoutAnIndex) {
  WriteFile(files_->path(), "old\n");
  reader_.StartAt({0, 0});
  EXPECT_EQ(reader_.Next(100)->time, absl::nullopt);
}

TEST_F(LogReaderTest, FollowsThroughRotationAndCompression) {
  reader_.StartAt(reader_.End());
  Append("1\n", 0);
  EXPECT_EQ(ReadOn(), "1\n");
  Append("2\n", 1);
  Rotate();
  Append("3\n", 2);
  EXPECT_EQ(ReadOn(), "2\n3\n");
  Append("4\n", 3);
  Rotate();
  Append("5\n", 4);
  Rotate();
  Compress();
  Append("6\n", 5);
  EXPECT_EQ(ReadOn(2), "4\n5\n6\n");
}

TEST_F(LogReaderTest, HoldsNoDescriptorWithoutData) {
  Append("1\n", 0);
  const int before = OpenDescriptors();
  reader_.StartAt({0, 0});
  EXPECT_EQ(ReadOn(), "1\n");
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST_F(LogReaderTest, SlowReaderLearnsHowMuchItMissed) {
  Append("0123\n", 0);
  reader_.StartAt({0, 0});
  EXPECT_EQ(reader_.Next(2)->data, "01");
  // The reader finishes the file that it holds open, even once rotated away.
  for (int i = 1; i <= 3; ++i) {
    Rotate(1);
    Append(absl::StrCat("file ", i, "\n"), i);
  }
  EXPECT_EQ(reader_.Next(100)->data, "23\n");
  const auto piece = reader_.Next(100);
  EXPECT_EQ(piece->missed, 7);
  EXPECT_EQ(piece->data, "file 2\n");
  EXPECT_EQ(reader_.Next(100)->missed, 0);
}

TEST_F(LogReaderTest, CountsMissedBytesOfCompressedFiles) {
  Append("0123\n", 0);
  reader_.StartAt({0, 3});
  for (int i = 1; i <= 3; ++i) {
    Rotate(2);
    Append(absl::StrCat("file ", i, "\n"), i);
  }
  Compress();
  const auto piece = reader_.Next(100);
  EXPECT_EQ(piece->missed, 2);
  EXPECT_EQ(piece->data, "file 1\n");
}

TEST_F(LogReaderTest, StopsAtTheGivenPosition) {
  Append("1\n2\n", 0);
  reader_.StartAt({0, 0});
  reader_.StopAt(reader_.End());
  Append("3\n", 0);
  EXPECT_EQ(ReadOn(), "1\n2\n");
  EXPECT_TRUE(reader_.AtStop());
  reader_.StopAt(absl::nullopt);
  EXPECT_EQ(ReadOn(), "3\n");
}

TEST_F(LogReaderTest, ReadsAReplacedFileFromTheBeginning) {
  Append("one line\n", 0);
  reader_.StartAt({0, 0});
  EXPECT_EQ(ReadOn(), "one line\n");
  ASSERT_EQ(rename(files_->path().c_str(), (directory_.path() + "/moved").c_str()), 0);
  WriteFile(files_->path(), "another, longer line\n");
  EXPECT_EQ(ReadOn(), "another, longer line\n");
}

TEST_F(LogReaderTest, ReadsATruncatedFileFromTheBeginning) {
  Append("one line\n", 0);
  reader_.StartAt({0, 0});
  EXPECT_EQ(ReadOn(), "one line\n");
  WriteFile(files_->path(), "new\n");
  EXPECT_EQ(ReadOn(), "new\n");
}

}  // namespace
}  // namespace hob
