// Uses real FIFOs and files, and a simulated clock.
#include "server/output/output_pump.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_reader.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OutputPumpTest : public OutputTest {
 protected:
  OutputPumpTest() { Begin(); }

  void Begin() {
    pump_ = std::make_unique<OutputPump>("web", OutputStream::kStdout, store_, clock_);
    ASSERT_EQ(pump_->Open(geteuid(), getegid()), 0);
    child_ = OpenAsChild(FifoDir() + "/web.out");
  }

  // Acts as the worker: calls Look at once, or when batching ends.
  void WriteAndLook(absl::string_view bytes) {
    Write(child_, bytes);
    const absl::Duration due = pump_->NextDeadline() - clock_.Now().monotonic;
    if (PollFds().empty() && due <= OutputPump::kBatchTime) clock_.Advance(due);
    pump_->Look();
  }

  // Returns a directory inside another one, as in a run_dir.
  std::string FifoDir() const { return fifo_directory_.path() + "/run/output"; }

  // Returns the descriptors that the worker would poll.
  std::vector<pollfd> PollFds() const {
    std::vector<pollfd> fds;
    pump_->AppendPollFds(fds);
    return fds;
  }

  void AdvanceToRetry() {
    clock_.Advance(OutputPump::kRetryInterval);
    pump_->Look();
  }

  std::string ReadAll() const {
    LogReader reader(store_.Find("web", OutputStream::kStdout));
    reader.StartAt({pump_->files().Oldest(), 0});
    std::string all;
    while (const auto piece = reader.Next(10'000)) all += piece->data;
    return all;
  }

  mutable LogStore store_{{LogDir(), FifoDir(), /*max_for_writers=*/4, /*max_kept_by_writers=*/2,
                           /*max_kept_by_readers=*/2,
                           [this](const std::string& line) { warnings_.push_back(line); }}};
  std::unique_ptr<OutputPump> pump_;
  UniqueFd child_;
};

TEST_F(OutputPumpTest, BytesArriveUnchanged) {
  constexpr char kText[] = "NUL \0, \x1b[1m, \xff\xfe, no newline at the end";
  const std::string bytes(kText, sizeof(kText) - 1);
  WriteAndLook(bytes);
  EXPECT_EQ(ReadFile(Log("web.log")), bytes);
  struct stat status;
  ASSERT_EQ(stat(Log("web.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640);
  ASSERT_EQ(stat((FifoDir() + "/web.out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFIFO | 0600);
}

TEST_F(OutputPumpTest, CreatesNoFileBeforeOutput) {
  pump_->Look();
  EXPECT_FALSE(FileExists(Log("web.log")));
}

TEST_F(OutputPumpTest, EachStateHoldsItsDescriptors) {
  pump_ = nullptr;
  child_.Reset();
  const int none = OpenDescriptors();
  Begin();
  child_.Reset();
  EXPECT_EQ(OpenDescriptors(), none + 1);
  child_ = OpenAsChild(FifoDir() + "/web.out");
  WriteAndLook("line\n");
  EXPECT_EQ(OpenDescriptors(), none + 3);
  EXPECT_EQ(pump_->NextDeadline(), clock_.Now().monotonic + OutputPump::kIdleTime);
  clock_.Advance(OutputPump::kIdleTime);
  pump_->Look();
  EXPECT_EQ(OpenDescriptors(), none + 2);
  EXPECT_EQ(pump_->NextDeadline(), MonotonicTime::InfiniteFuture());
  child_.Reset();
  pump_->Release();
  EXPECT_EQ(OpenDescriptors(), none);
}

TEST_F(OutputPumpTest, BeyondTheLimitLogsAreOpenOnlyWhileWritten) {
  store_.writer_pool().Take();
  store_.writer_pool().Take();
  const int before = OpenDescriptors();
  WriteAndLook("line\n");
  EXPECT_EQ(OpenDescriptors(), before);
  store_.writer_pool().Return();
  WriteAndLook("line\n");
  EXPECT_EQ(OpenDescriptors(), before + 1);
  EXPECT_EQ(ReadFile(Log("web.log")), "line\nline\n");
}

TEST_F(OutputPumpTest, RetriesSoonWithoutAFreeDescriptor) {
  for (int i = 0; i < 4; ++i) store_.writer_pool().Take();
  WriteAndLook("line\n");
  EXPECT_FALSE(FileExists(Log("web.log")));
  EXPECT_EQ(pump_->problem(), "");
  EXPECT_TRUE(PollFds().empty());
  EXPECT_EQ(pump_->NextDeadline(), clock_.Now().monotonic + OutputPump::kBusyInterval);
  store_.writer_pool().Return();
  clock_.Advance(OutputPump::kBusyInterval);
  pump_->Look();
  EXPECT_EQ(ReadFile(Log("web.log")), "line\n");
}

TEST_F(OutputPumpTest, BatchesLineByLineOutput) {
  WriteAndLook("0\n");
  for (int i = 1; i <= OutputPump::kBatchAfter; ++i) {
    EXPECT_EQ(PollFds().size(), 1) << "the first lines are written as they arrive";
    WriteAndLook(absl::StrCat(i, "\n"));
  }
  EXPECT_TRUE(PollFds().empty());
  EXPECT_EQ(pump_->NextDeadline(), clock_.Now().monotonic + OutputPump::kBatchTime);
  Write(child_, "gathered\n");
  pump_->Look();
  EXPECT_THAT(ReadFile(Log("web.log")), testing::EndsWith("\n8\n"));
  clock_.Advance(OutputPump::kBatchTime);
  pump_->Look();
  EXPECT_THAT(ReadFile(Log("web.log")), testing::EndsWith("\n8\ngathered\n"));
  // Nothing has arrived since.
  clock_.Advance(OutputPump::kBatchTime);
  pump_->Look();
  EXPECT_EQ(PollFds().size(), 1);
}

TEST_F(OutputPumpTest, DoesNotBatchLastOutput) {
  for (int i = 0; i < 20; ++i) WriteAndLook("line\n");
  ASSERT_TRUE(PollFds().empty());
  Write(child_, "last words\n");
  pump_->Drain();
  EXPECT_THAT(ReadFile(Log("web.log")), testing::EndsWith("\nlast words\n"));
}

TEST_F(OutputPumpTest, DoesNotBatchOccasionalOutput) {
  for (int i = 0; i < 20; ++i) {
    WriteAndLook("line\n");
    EXPECT_EQ(PollFds().size(), 1);
    clock_.Advance(OutputPump::kSoon);
  }
}

TEST_F(OutputPumpTest, LastOutputWaitsForADescriptor) {
  for (int i = 0; i < 4; ++i) store_.writer_pool().Take();
  WriteAndLook("last words\n");
  store_.writer_pool().Return();
  pump_->Drain();
  EXPECT_EQ(ReadFile(Log("web.log")), "last words\n");
}

TEST_F(OutputPumpTest, ManyWritersNeedFewDescriptors) {
  const int before = OpenDescriptors();
  std::vector<std::unique_ptr<OutputPump>> pumps;
  std::vector<UniqueFd> children;
  for (int i = 0; i < 50; ++i) {
    pumps.push_back(std::make_unique<OutputPump>(absl::StrCat("api", i), OutputStream::kStdout,
                                                 store_, clock_));
    ASSERT_EQ(pumps.back()->Open(geteuid(), getegid()), 0);
    children.push_back(OpenAsChild(absl::StrCat(FifoDir(), "/api", i, ".out")));
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      Write(children[i], "line\n");
      pumps[i]->Look();
      // Allows two FIFOs per pump and the logs kept open.
      EXPECT_LE(OpenDescriptors(), before + 2 * 50 + 2);
    }
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(ReadFile(Log(absl::StrCat("api", i, ".log"))), "line\nline\nline\n");
  }
}

TEST_F(OutputPumpTest, RecreatesADeletedRunDir) {
  child_.Reset();
  pump_->Release();
  warnings_.clear();
  std::filesystem::remove_all(fifo_directory_.path() + "/run");
  Begin();
  WriteAndLook("line\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "line\n");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(FifoDir() + " was deleted")));
  struct stat status;
  ASSERT_EQ(stat(FifoDir().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFDIR | 0700);
}

TEST_F(OutputPumpTest, OutputInADeletedFifoComesFirst) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  WriteAndLook("one\n");
  child_.Reset();
  pump_->Release();
  ASSERT_EQ(unlink((FifoDir() + "/web.out").c_str()), 0);
  ASSERT_EQ(pump_->Open(geteuid(), getegid()), 0);
  EXPECT_EQ(pump_->left(), 4);
  child_ = OpenAsChild(FifoDir() + "/web.out");
  WriteAndLook("two\n");
  EXPECT_EQ(pump_->left(), 8);
  ASSERT_EQ(rmdir(Log("web.log").c_str()), 0);
  AdvanceToRetry();
  EXPECT_EQ(ReadFile(Log("web.log")), "one\ntwo\n");
  EXPECT_EQ(pump_->left(), 0);
}

TEST_F(OutputPumpTest, ReportsTheRealCapacity) {
  EXPECT_EQ(pump_->capacity(), fcntl(child_.get(), F_GETPIPE_SZ));
  ASSERT_EQ(fcntl(child_.get(), F_SETPIPE_SZ, 4096), 4096);
  EXPECT_EQ(pump_->capacity(), 4096);
  child_.Reset();
  pump_->Release();
  EXPECT_EQ(pump_->capacity(), 0);
}

TEST_F(OutputPumpTest, DoesNotSpinWhenAChildClosesItsOutput) {
  WriteAndLook("last words\n");
  child_.Reset();
  pump_->Look();
  std::vector<pollfd> fds = PollFds();
  ASSERT_EQ(fds.size(), 1);
  EXPECT_EQ(poll(fds.data(), fds.size(), 0), 0);
}

TEST_F(OutputPumpTest, ChildMayOutliveThePump) {
  pump_ = nullptr;
  // The write would fail with EPIPE and SIGPIPE if the child did not open the FIFO for both reading
  // and writing.
  Write(child_, "nobody listens\n");
  pump_ = std::make_unique<OutputPump>("web", OutputStream::kStdout, store_, clock_);
  ASSERT_EQ(pump_->Open(geteuid(), getegid()), 0);
  pump_->Look();
  EXPECT_EQ(ReadFile(Log("web.log")), "nobody listens\n");
}

TEST_F(OutputPumpTest, HoldsAReleasedFifoUntilItIsEmpty) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  WriteAndLook("held back\n");
  child_.Reset();
  pump_->Release();
  EXPECT_TRUE(pump_->is_open());
  ASSERT_EQ(rmdir(Log("web.log").c_str()), 0);
  AdvanceToRetry();
  EXPECT_EQ(ReadFile(Log("web.log")), "held back\n");
  EXPECT_FALSE(pump_->is_open());
}

TEST_F(OutputPumpTest, OneLookMovesABoundedAmount) {
  // A FIFO holds less than one Look moves, so the test writes more before each Look.
  const std::string block(60'000, 'x');
  int64_t written = 0;
  for (int i = 0; i < 40; ++i) {
    written += WriteSome(child_, block);
    const int64_t before = pump_->moved();
    pump_->Look();
    EXPECT_LE(pump_->moved() - before, OutputPump::kMaxAtOnce);
  }
  EXPECT_EQ(pump_->moved(), written);
}

TEST_F(OutputPumpTest, DrainMovesOnlyPresentBytes) {
  Write(child_, "one\n");
  pump_->Drain();
  EXPECT_EQ(ReadFile(Log("web.log")), "one\n");
  pump_->Drain();
  EXPECT_EQ(pump_->moved(), 4);
}

TEST_F(OutputPumpTest, RotationNeitherLosesDoublesNorSplitsLines) {
  pump_->SetLimits({5000, 1000, false});
  std::mt19937 random(7);
  std::string all;
  for (int i = 0; i < 20'000;) {
    std::string some;
    for (int lines = random() % 20; lines >= 0; --lines) {
      absl::StrAppend(&some, "line ", i++, std::string(random() % 60, '.'), "\n");
    }
    // A child's write may end anywhere in a line.
    const size_t cut = random() % some.size();
    WriteAndLook(some.substr(0, cut));
    WriteAndLook(some.substr(cut));
    all += some;
  }
  EXPECT_TRUE(ReadAll() == all);
  EXPECT_GT(pump_->files().current(), 100);
  for (const std::string& name : Listing(LogDir())) {
    if (name.find("idx") != std::string::npos || name == "web.log") continue;
    const std::string text = ReadFile(Log(name));
    EXPECT_EQ(text.back(), '\n') << name;
    EXPECT_GE(text.size(), 5000) << name;
    EXPECT_LT(text.size(), 5100) << name;
  }
}

TEST_F(OutputPumpTest, RotatedLogsAreCompressed) {
  pump_->SetLimits({100, 3, true});
  for (int i = 0; i < 10; ++i) WriteAndLook(std::string(99, 'a' + i) + "\n");
  store_.archiver().WaitUntilIdle();
  EXPECT_THAT(Listing(LogDir()),
              ElementsAre("web.log", "web.log.1.idx", "web.log.1.zst", "web.log.2.idx",
                          "web.log.2.zst", "web.log.3.idx", "web.log.3.zst", "web.log.idx"));
  std::string last;
  for (int i = 6; i < 10; ++i) last += std::string(99, 'a' + i) + "\n";
  EXPECT_EQ(ReadAll(), last);
}

TEST_F(OutputPumpTest, SplitsALineThatIsLongerThanALog) {
  pump_->SetLimits({1000, 1000, false});
  std::string all;
  for (int i = 0; i < 60; ++i) {
    const std::string block(40'000, 'a' + i % 26);
    WriteAndLook(block);
    all += block;
  }
  EXPECT_TRUE(ReadAll() == all);
  EXPECT_EQ(pump_->files().current(), 2);
}

TEST_F(OutputPumpTest, ZeroNeverRotates) {
  pump_->SetLimits({0, 5, true});
  for (int i = 0; i < 100; ++i) WriteAndLook(std::string(50'000, 'x') + "\n");
  EXPECT_EQ(pump_->files().current(), 0);
}

TEST_F(OutputPumpTest, ChangedLimitsApplyFromTheNextByte) {
  WriteAndLook("a line that is no short one\n");
  pump_->SetLimits({10, 5, false});
  WriteAndLook("next\n");
  EXPECT_EQ(ReadFile(Log("web.log.1")), "a line that is no short one\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "next\n");
}

TEST_F(OutputPumpTest, AppendsToAnExistingLog) {
  WriteFile(Log("web.log"), "before\n");
  WriteAndLook("after\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "before\nafter\n");
}

TEST_F(OutputPumpTest, NoticesADeletedLogAtTheNextByte) {
  WriteAndLook("one\n");
  ASSERT_EQ(unlink(Log("web.log").c_str()), 0);
  WriteAndLook("two\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "two\n");
}

TEST_F(OutputPumpTest, NoticesARenamedLogWithinASecond) {
  WriteAndLook("one\n");
  ASSERT_EQ(rename(Log("web.log").c_str(), Log("moved").c_str()), 0);
  WriteAndLook("two\n");
  clock_.Advance(absl::Seconds(1));
  WriteAndLook("three\n");
  EXPECT_EQ(ReadFile(Log("moved")), "one\ntwo\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "three\n");
}

TEST_F(OutputPumpTest, ReopenUsesThePathAtOnce) {
  WriteAndLook("one\n");
  ASSERT_EQ(rename(Log("web.log").c_str(), Log("moved").c_str()), 0);
  pump_->Reopen();
  WriteAndLook("two\n");
  EXPECT_EQ(ReadFile(Log("moved")), "one\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "two\n");
}

TEST_F(OutputPumpTest, LeavesNoHoleInATruncatedLog) {
  WriteAndLook("one\n");
  ASSERT_EQ(truncate(Log("web.log").c_str(), 0), 0);
  WriteAndLook("two\n");
  EXPECT_EQ(ReadFile(Log("web.log")), "two\n");
}

TEST_F(OutputPumpTest, StalledLogKeepsItsBytesAndRetriesEverySecond) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  WriteAndLook("one\n");
  EXPECT_THAT(pump_->problem(), HasSubstr(Log("web.log") + ": Is a directory"));
  // If the FIFO were polled, the worker would spin.
  EXPECT_TRUE(PollFds().empty());
  EXPECT_EQ(pump_->NextDeadline(), clock_.Now().monotonic + OutputPump::kRetryInterval);
  ASSERT_EQ(rmdir(Log("web.log").c_str()), 0);
  WriteAndLook("two\n");
  EXPECT_FALSE(FileExists(Log("web.log")));
  AdvanceToRetry();
  EXPECT_EQ(pump_->problem(), "");
  EXPECT_EQ(ReadFile(Log("web.log")), "one\ntwo\n");
  EXPECT_EQ(PollFds().size(), 1);
}

TEST_F(OutputPumpTest, DoesNotFollowAPlantedLink) {
  WriteFile(Log("victim"), "untouched");
  ASSERT_EQ(symlink(Log("victim").c_str(), Log("web.log").c_str()), 0);
  WriteAndLook("one\n");
  EXPECT_THAT(pump_->problem(), HasSubstr("symbolic link"));
  EXPECT_EQ(ReadFile(Log("victim")), "untouched");
}

TEST_F(OutputPumpTest, DoesNotWriteToAPlantedHardLink) {
  // Another user can plant a hard link only in a directory writable by others.
  ASSERT_EQ(chmod(log_directory_.path().c_str(), 0777), 0);
  WriteFile(Log("victim"), "untouched");
  WriteFile(Log("victim.idx"), "untouched too");
  ASSERT_EQ(link(Log("victim").c_str(), Log("web.log").c_str()), 0);
  ASSERT_EQ(link(Log("victim.idx").c_str(), Log("web.log.idx").c_str()), 0);
  WriteAndLook("one\n");
  EXPECT_THAT(pump_->problem(), HasSubstr("hard link"));
  EXPECT_EQ(ReadFile(Log("victim")), "untouched");
  ASSERT_EQ(unlink(Log("web.log").c_str()), 0);
  AdvanceToRetry();
  EXPECT_EQ(ReadFile(Log("web.log")), "one\n");
  // The log is complete but has no index.
  EXPECT_EQ(ReadFile(Log("victim.idx")), "untouched too");
}

TEST_F(OutputPumpTest, WritesToHardLinksOfTheOwner) {
  WriteFile(Log("web.log"), "before\n");
  ASSERT_EQ(link(Log("web.log").c_str(), Log("backup").c_str()), 0);
  WriteAndLook("one\n");
  EXPECT_EQ(pump_->problem(), "");
  EXPECT_EQ(ReadFile(Log("web.log")), "before\none\n");
}

TEST_F(OutputPumpTest, RejectsAPlantedFifo) {
  ASSERT_EQ(mkfifo(Log("web.log").c_str(), 0600), 0);
  WriteAndLook("one\n");
  EXPECT_THAT(pump_->problem(), HasSubstr("not a regular file"));
}

TEST_F(OutputPumpTest, ReplacesOtherFilesWithTheFifo) {
  const std::string path = FifoDir() + "/api.out";
  WriteFile(path, "no FIFO");
  OutputPump pump("api", OutputStream::kStdout, store_, clock_);
  ASSERT_EQ(pump.Open(geteuid(), getegid()), 0);
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
}

TEST_F(OutputPumpTest, ReportsFailureToMakeAFifo) {
  ASSERT_EQ(mkdir((FifoDir() + "/api.out").c_str(), 0755), 0);
  OutputPump pump("api", OutputStream::kStdout, store_, clock_);
  EXPECT_NE(pump.Open(geteuid(), getegid()), 0);
}

TEST_F(OutputPumpTest, DaemonsSharingALogLoseNothing) {
  OutputPump other("web.err", OutputStream::kStdout, store_, clock_);
  OutputPump errors("web", OutputStream::kStderr, store_, clock_);
  ASSERT_EQ(other.Open(geteuid(), getegid()), 0);
  ASSERT_EQ(errors.Open(geteuid(), getegid()), 0);
  const UniqueFd first = OpenAsChild(FifoDir() + "/web.err.out");
  const UniqueFd second = OpenAsChild(FifoDir() + "/web.err");
  for (int i = 0; i < 3; ++i) {
    Write(first, "of web.err\n");
    other.Look();
    Write(second, "of web\n");
    errors.Look();
  }
  EXPECT_EQ(ReadFile(Log("web.err.log")),
            "of web.err\nof web\nof web.err\nof web\nof web.err\nof web\n");
}

TEST_F(OutputPumpTest, IndexHasAtMostFourEntriesASecond) {
  for (int i = 0; i < 100; ++i) {
    WriteAndLook("line\n");
    clock_.Advance(absl::Milliseconds(10));
  }
  EXPECT_EQ(ReadFile(Log("web.log.idx")).size(), 4 * 16);
}

// Mounts a file system of 64 KiB as the log directory.
class FullDiskTest : public OutputPumpTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0 || mount("none", LogDir().c_str(), "tmpfs", 0, "size=65536") != 0) {
      GTEST_SKIP() << "SKIPPED: only root with the right to mount can make a full disk";
    }
    mounted_ = true;
  }
  void TearDown() override {
    pump_ = nullptr;
    if (!mounted_) return;
    EXPECT_EQ(umount2(LogDir().c_str(), MNT_DETACH), 0);
  }

  bool mounted_ = false;
};

TEST_F(FullDiskTest, FullDiskBlocksTheChildAndLosesNothing) {
  WriteFile(Log("ballast"), std::string(40'000, 'b'));
  std::string all;
  for (int i = 0; pump_->problem().empty(); ++i) {
    ASSERT_LT(i, 1000);
    const std::string line = absl::StrCat("line ", i, std::string(1000, '.'), "\n");
    WriteAndLook(line);
    all += line;
  }
  EXPECT_THAT(pump_->problem(), HasSubstr("web.log: No space left on device"));
  // From here on the full pipe blocks the child.
  const std::string more = "more\n";
  while (WriteSome(child_, more) == more.size()) all += more;
  AdvanceToRetry();
  EXPECT_FALSE(pump_->problem().empty());
  ASSERT_EQ(unlink(Log("ballast").c_str()), 0);
  pump_->SetLimits({10'000, 0, false});
  for (int i = 0; i < 100 && !pump_->problem().empty(); ++i) AdvanceToRetry();
  EXPECT_EQ(pump_->moved(), all.size());
}

TEST_F(FullDiskTest, RetriesAReadOnlyDisk) {
  WriteAndLook("one\n");
  pump_->Reopen();
  ASSERT_EQ(mount("none", LogDir().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  WriteAndLook("two\n");
  EXPECT_THAT(pump_->problem(), HasSubstr("Read-only file system"));
  ASSERT_EQ(mount("none", LogDir().c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  AdvanceToRetry();
  EXPECT_EQ(ReadFile(Log("web.log")), "one\ntwo\n");
}

}  // namespace
}  // namespace hob
