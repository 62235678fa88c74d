#include "server/output/log_index.h"

#include <fcntl.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using ::testing::IsEmpty;

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

class LogIndexTest : public testing::Test {
 protected:
  void Append(int64_t offset, absl::Time time, bool truncate = false) {
    ASSERT_TRUE(AppendToLogIndex(path_, {offset, time}, truncate));
  }
  LogIndex Read() {
    LogIndex index;
    index.ReadFrom(UniqueFd(open(path_.c_str(), O_RDONLY | O_CLOEXEC)));
    return index;
  }

  TestDirectory directory_;
  const std::string path_ = directory_.path() + "/web.log.idx";
};

TEST_F(LogIndexTest, BytesHaveTheTimeOfThePrecedingEntry) {
  Append(0, kNoon);
  Append(100, kNoon + absl::Seconds(1));
  const LogIndex index = Read();
  EXPECT_EQ(index.TimeAt(0), kNoon);
  EXPECT_EQ(index.TimeAt(99), kNoon);
  EXPECT_EQ(index.TimeAt(100), kNoon + absl::Seconds(1));
  EXPECT_EQ(index.TimeAt(5000), kNoon + absl::Seconds(1));
  EXPECT_EQ(index.EndOfTimeAt(0), 100);
  EXPECT_GT(index.EndOfTimeAt(100), int64_t{1} << 60);
}

TEST_F(LogIndexTest, EmptyIndexKnowsNothing) {
  EXPECT_EQ(Read().TimeAt(0), absl::nullopt);
  EXPECT_EQ(Read().OffsetSince(kNoon), absl::nullopt);
  Append(50, kNoon);
  EXPECT_EQ(Read().TimeAt(49), absl::nullopt);
}

TEST_F(LogIndexTest, OffsetSinceMissesNothing) {
  Append(0, kNoon);
  Append(100, kNoon + absl::Seconds(1));
  const LogIndex index = Read();
  EXPECT_EQ(index.OffsetSince(kNoon - absl::Hours(1)), 0);
  // An entry also covers bytes that arrive until the next entry is due.
  EXPECT_EQ(index.OffsetSince(kNoon + kIndexInterval - absl::Milliseconds(1)), 0);
  EXPECT_EQ(index.OffsetSince(kNoon + kIndexInterval), 100);
  EXPECT_EQ(index.OffsetSince(kNoon + absl::Hours(1)), absl::nullopt);
}

TEST_F(LogIndexTest, OverwritesATruncatedEntry) {
  Append(0, kNoon);
  WriteFile(path_, ReadFile(path_) + "torn");
  EXPECT_EQ(Read().entries().size(), 1);
  Append(100, kNoon + absl::Seconds(1));
  EXPECT_EQ(Read().entries().size(), 2);
  EXPECT_EQ(Read().TimeAt(100), kNoon + absl::Seconds(1));
}

TEST_F(LogIndexTest, TruncatedLogHasOnlyNewTimes) {
  Append(0, kNoon);
  Append(100, kNoon + absl::Seconds(1));
  Append(0, kNoon + absl::Seconds(2));
  EXPECT_EQ(Read().entries().size(), 1);
  EXPECT_EQ(Read().TimeAt(150), kNoon + absl::Seconds(2));
}

TEST_F(LogIndexTest, NewLogDropsTheOldIndex) {
  Append(100, kNoon);
  Append(0, kNoon + absl::Seconds(1), /*truncate=*/true);
  EXPECT_EQ(ReadFile(path_).size(), 16);
}

TEST_F(LogIndexTest, ReadsEntriesAppendedLater) {
  Append(0, kNoon);
  const UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  LogIndex index;
  index.ReadFrom(file);
  Append(100, kNoon + absl::Seconds(1));
  index.ReadFrom(file);
  EXPECT_EQ(index.entries().size(), 2);
}

TEST_F(LogIndexTest, ToleratesGarbage) {
  WriteFile(path_, std::string(1000, '\xff'));
  EXPECT_THAT(Read().entries(), IsEmpty());
  WriteFile(path_, std::string(1000, 'x'));
  EXPECT_LE(Read().entries().size(), 1);
}

TEST_F(LogIndexTest, ReportsAnUnwritableIndex) {
  EXPECT_FALSE(AppendToLogIndex(directory_.path() + "/none/web.log.idx", {0, kNoon}, false));
}

}  // namespace
}  // namespace hob
