#include "server/journal/journal.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/clock/simulated_clock.h"

namespace hob {
namespace {

using testing::HasSubstr;

int64_t Count(const std::string& text, const std::string& part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Returns the number of dropped lines that `text` reports.
int64_t ReportedDrops(const std::string& text) {
  constexpr char kBegin[] = "WARNING ";
  int64_t dropped = 0;
  for (size_t at = text.find(" log lines were dropped"); at != std::string::npos;
       at = text.find(" log lines were dropped", at + 1)) {
    dropped += std::atoll(text.c_str() + text.rfind(kBegin, at) + sizeof(kBegin) - 1);
  }
  return dropped;
}

// Redirects stderr into a pipe during its lifetime. With the flag O_DIRECT a read returns the bytes
// of a single write (pipe(2)).
class StderrPipe {
 public:
  explicit StderrPipe(int flags = 0) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC | flags), 0);
    read_end_ = ends[0];
    before_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
  }
  ~StderrPipe() {
    GiveStderrBack();
    close(read_end_);
  }

  // Returns everything written until `end` has been seen.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    char buffer[1 << 16];
    while (text.find(end) == std::string::npos) {
      const ssize_t length = read(read_end_, buffer, sizeof(buffer));
      if (length <= 0) break;
      text.append(buffer, length);
    }
    return text;
  }

  // Returns the bytes of the next read.
  std::string ReadOnce() {
    char buffer[1 << 16];
    return std::string(buffer, std::max<ssize_t>(read(read_end_, buffer, sizeof(buffer)), 0));
  }

  // Fills the pipe; returns the number of writes.
  int Fill() {
    const int flags = fcntl(STDERR_FILENO, F_GETFL);
    fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
    int writes = 0;
    while (write(STDERR_FILENO, "x", 1) == 1) ++writes;
    fcntl(STDERR_FILENO, F_SETFL, flags);
    return writes;
  }

  // Returns the contents of the pipe. Precondition: all writers are done.
  std::string ReadAll() {
    GiveStderrBack();
    std::string text;
    char buffer[1 << 16];
    ssize_t length;
    while ((length = read(read_end_, buffer, sizeof(buffer))) > 0) text.append(buffer, length);
    return text;
  }

 private:
  void GiveStderrBack() {
    if (before_ < 0) return;
    dup2(before_, STDERR_FILENO);
    close(before_);
    before_ = -1;
  }

  int read_end_;
  int before_;
};

class JournalTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { Journal::InitLog("journal_test"); }
};

TEST_F(JournalTest, WritesLinesInOrderBeforeTheEnd) {
  StderrPipe pipe;
  {
    Journal journal;
    for (int i = 0; i < 100; ++i) journal.Info("line " + std::to_string(i) + ".");
    journal.Warning("a warning");
    journal.Error("an error");
    EXPECT_EQ(journal.dropped(), 0);
  }
  const std::string text = pipe.ReadAll();
  size_t from = 0;
  for (int i = 0; i < 100; ++i) {
    from = text.find("line " + std::to_string(i) + ".", from);
    ASSERT_NE(from, std::string::npos) << i;
  }
  EXPECT_THAT(text, testing::ContainsRegex("line 99.*\n.*WARNING a warning\n.*ERROR an error\n"));
}

TEST_F(JournalTest, SystemdGetsPrioritiesInsteadOfTimes) {
  StderrPipe pipe;
  struct stat status;
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  setenv("JOURNAL_STREAM", stream.c_str(), /*overwrite=*/1);
  {
    Journal journal;
    journal.Info("one");
    journal.Warning("two");
    journal.Error("three");
  }
  unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(pipe.ReadAll(), "<6>one\n<4>two\n<3>three\n");
}

TEST_F(JournalTest, WritesNoPrioritiesWithoutSystemd) {
  StderrPipe pipe;
  struct stat status;
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  for (const std::string& other :
       {absl::StrCat(status.st_dev, ":", status.st_ino + 1),
        absl::StrCat(status.st_dev + 1, ":", status.st_ino), std::string("nonsense")}) {
    setenv("JOURNAL_STREAM", other.c_str(), /*overwrite=*/1);
    Journal().Warning("led elsewhere");
  }
  unsetenv("JOURNAL_STREAM");
  const std::string text = pipe.ReadAll();
  EXPECT_EQ(Count(text, " WARNING led elsewhere\n"), 3);
  EXPECT_EQ(Count(text, "<4>"), 0);
}

TEST_F(JournalTest, EveryLineOfATextHasItsPriority) {
  StderrPipe pipe;
  struct stat status;
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  setenv("JOURNAL_STREAM", absl::StrCat(status.st_dev, ":", status.st_ino).c_str(), 1);
  Journal().Error("not reloaded:\nhob.ini:1: wrong");
  unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(pipe.ReadAll(), "<3>not reloaded:\n<3>hob.ini:1: wrong\n");
}

TEST_F(JournalTest, SuppressesAndCountsRepeats) {
  StderrPipe pipe;
  SimulatedClock clock;
  Journal journal(clock);
  constexpr int kEnds = 5000;
  for (int i = 0; i < kEnds; ++i) {
    journal.Info({"web", "ended"}, absl::StrCat("web[", i, "] ended"));
  }
  journal.Info({"web", "started"}, "web started");
  journal.Info({"api", "ended"}, "api ended");
  const std::string before = pipe.ReadUntil("api ended\n");
  EXPECT_EQ(Count(before, "web["), RepeatLimit::kMaxLines);
  EXPECT_EQ(Count(before, "web started"), 1);
  clock.Advance(RepeatLimit::kWindow);
  journal.Info({"web", "ended"}, "web[5000] ended");
  EXPECT_THAT(
      pipe.ReadUntil("web[5000] ended\n"),
      testing::ContainsRegex(" WARNING 4980 similar lines were suppressed within 1min, such as: "
                             "web\\[20\\] ended\n.* web\\[5000\\] ended\n"));
}

TEST_F(JournalTest, ReportsSuppressedLinesWhenTheWindowEnds) {
  StderrPipe pipe;
  SimulatedClock clock;
  Journal journal(clock);
  // Repeats the check, since the writer may not be asleep when the excess line arrives.
  for (int round = 0; round < 100; ++round) {
    const std::string name = absl::StrCat("web", round);
    for (int i = 0; i < RepeatLimit::kMaxLines; ++i) {
      journal.Info({name, "ended"}, absl::StrCat(name, " ", i, "."));
    }
    pipe.ReadUntil(absl::StrCat(name, " ", RepeatLimit::kMaxLines - 1, ".\n"));
    clock.Advance(RepeatLimit::kWindow - absl::Milliseconds(1));
    journal.Info({name, "ended"}, "one too many");
    clock.Advance(absl::Milliseconds(1));
    EXPECT_THAT(pipe.ReadUntil("one too many\n"), HasSubstr("1 similar lines were suppressed"));
  }
}

TEST_F(JournalTest, ReportsSuppressedLinesAtTheEnd) {
  StderrPipe pipe;
  {
    Journal journal;
    for (int i = 0; i < 30; ++i) journal.Error({"web", "stalled"}, "web stalled");
    // Lines without a topic never count as repeats.
    for (int i = 0; i < 30; ++i) journal.Error("of the server itself");
  }
  const std::string text = pipe.ReadAll();
  EXPECT_EQ(Count(text, "ERROR web stalled\n"), RepeatLimit::kMaxLines);
  EXPECT_THAT(
      text, HasSubstr(absl::StrCat(30 - RepeatLimit::kMaxLines, " similar lines were suppressed")));
  EXPECT_EQ(Count(text, "of the server itself"), 30);
}

TEST_F(JournalTest, FullPipeBlocksNoCallerAndDropsAreCounted) {
  StderrPipe pipe;
  constexpr int kLines = 100000;
  Journal journal;
  // Far more than the pipe and the queue hold: if a call blocked, the test would never end.
  for (int i = 0; i < kLines; ++i) journal.Info(std::string(100, 'x'));
  const int64_t dropped = journal.dropped();
  EXPECT_GT(dropped, 0);
  EXPECT_LT(dropped, kLines);
  // With a reader, the journal catches up. On a busy machine it may have written lines between two
  // gaps, and reports each.
  std::string text;
  while (ReportedDrops(text) < dropped || Count(text, "x\n") < kLines - dropped) {
    text += pipe.ReadUntil("\n");
  }
  EXPECT_EQ(ReportedDrops(text), dropped);
  EXPECT_EQ(Count(text, "x\n"), kLines - dropped);
  journal.Info("and goes on");
  EXPECT_THAT(pipe.ReadUntil("and goes on\n"), HasSubstr("and goes on"));
}

TEST_F(JournalTest, EndDoesNotWaitForeverForAReader) {
  StderrPipe pipe;
  {
    Journal journal;
    for (int i = 0; i < 2000; ++i) journal.Info(std::string(100, 'x'));
    journal.Info("the last");
  }
  // Releases the thread that still writes.
  EXPECT_THAT(pipe.ReadUntil("the last\n"), HasSubstr("the last"));
}

TEST_F(JournalTest, BatchesLinesInPiecesThatAPipeTakesAtomically) {
  StderrPipe pipe(O_DIRECT);
  const int fillers = pipe.Fill();
  constexpr int kLines = 100;
  constexpr int kLength = 100;
  Journal journal;
  // The thread already waits for a reader with its lines; the rest waits for the thread.
  for (int i = 0; i < kLines; ++i) journal.Info(std::string(kLength, 'a'));
  journal.Info("the last");
  for (int i = 0; i < fillers; ++i) EXPECT_EQ(pipe.ReadOnce(), "x");
  int lines = 0;
  int writes = 0;
  for (std::string text; text.find("the last\n") == std::string::npos; ++writes) {
    text = pipe.ReadOnce();
    ASSERT_LE(text.size(), PIPE_BUF);
    ASSERT_EQ(text.back(), '\n');
    lines += Count(text, "aa\n");
  }
  EXPECT_EQ(lines, kLines);
  // Two rounds, each of whole pieces plus a last one; the time adds less than another 30 characters
  // a line.
  EXPECT_LE(writes, kLines * (kLength + 30) / PIPE_BUF + 3);
}

// Number of lines that fit into the smallest possible pipe: nothing is read before the end.
TEST_F(JournalTest, DoesNotSplitLinesOfManyThreads) {
  StderrPipe pipe;
  {
    Journal journal;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&journal, t] {
        for (int i = 0; i < 15; ++i) journal.Info("<" + std::string(20, 'a' + t) + ">");
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const std::string text = pipe.ReadAll();
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(Count(text, " <" + std::string(20, 'a' + t) + ">\n"), 15);
  }
}

}  // namespace
}  // namespace hob
