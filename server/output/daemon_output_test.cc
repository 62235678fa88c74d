#include "server/output/daemon_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/testing/output_test_env.h"

namespace hob {
namespace {

using ::testing::HasSubstr;

class DaemonOutputTest : public OutputTest {
 protected:
  // Starts an instance and opens its FIFOs as the instance would.
  void Begin() {
    ASSERT_EQ(output_.Prepare(spec_), absl::nullopt);
    if (spec_.stdout_mode == OutputMode::kLog)
      out_ = OpenAsChild(fifo_directory_.path() + "/web.out");
    if (spec_.stderr_mode == OutputMode::kLog)
      err_ = OpenAsChild(fifo_directory_.path() + "/web.err");
  }
  void End() {
    out_.Reset();
    err_.Reset();
    output_.MainEnded();
  }

  DaemonSpec spec_ = [] {
    DaemonSpec spec;
    spec.name = "web";
    return spec;
  }();
  DaemonOutput output_{"web", &store_, clock_};
  UniqueFd out_;
  UniqueFd err_;
};

TEST_F(DaemonOutputTest, LastOutputOfADyingChildIsLogged) {
  Begin();
  Write(out_, "to stdout");
  Write(err_, "to stderr");
  End();
  EXPECT_EQ(ReadFile(Log("web.log")), "to stdout");
  EXPECT_EQ(ReadFile(Log("web.err.log")), "to stderr");
}

TEST_F(DaemonOutputTest, ReleasesAllDescriptorsWithTheTree) {
  const int before = OpenDescriptors();
  Begin();
  Write(out_, "line\n");
  output_.Look();
  End();
  output_.TreeGone();
  EXPECT_EQ(OpenDescriptors(), before);
  std::vector<pollfd> fds;
  output_.AppendPollFds(fds);
  EXPECT_TRUE(fds.empty());
  EXPECT_EQ(output_.NextDeadline(), MonotonicTime::InfiniteFuture());
}

TEST_F(DaemonOutputTest, OnlyLoggedStreamsHaveFifos) {
  spec_.stdout_mode = OutputMode::kNull;
  spec_.stderr_mode = OutputMode::kStdout;
  Begin();
  EXPECT_TRUE(Listing(fifo_directory_.path()).empty());
}

TEST_F(DaemonOutputTest, LastStderrLineIsFromTheCurrentInstance) {
  Begin();
  Write(err_, "starts\nfails: \x1b[31mno config\n\n");
  End();
  EXPECT_EQ(output_.LastStderrLine(), "fails: \\x1b[31mno config");
  output_.TreeGone();
  Begin();
  End();
  EXPECT_EQ(output_.LastStderrLine(), "");
  output_.TreeGone();
  Begin();
  Write(err_, "no newline");
  End();
  EXPECT_EQ(output_.LastStderrLine(), "no newline");
}

TEST_F(DaemonOutputTest, LastStderrLineIsFoundInAJoinedLog) {
  Begin();
  Write(err_, "of its own");
  End();
  output_.TreeGone();
  spec_.stderr_mode = OutputMode::kStdout;
  Begin();
  Write(out_, "starts\nfails: no config\n");
  End();
  EXPECT_EQ(output_.LastStderrLine(), "fails: no config");
  output_.TreeGone();
  Begin();
  End();
  EXPECT_EQ(output_.LastStderrLine(), "") << "the line is another instance's";
  output_.TreeGone();
  spec_.stdout_mode = OutputMode::kNull;
  Begin();
  End();
  EXPECT_EQ(output_.LastStderrLine(), "");
}

TEST_F(DaemonOutputTest, LastStderrLineIsFoundAcrossARotation) {
  spec_.log_max_bytes = 10;
  spec_.log_compress = false;
  Begin();
  Write(err_, "a line that fills the log\n");
  output_.Look();
  Write(err_, "\n");
  End();
  EXPECT_EQ(ReadFile(Log("web.err.log")), "\n");
  EXPECT_EQ(output_.LastStderrLine(), "a line that fills the log");
}

TEST_F(DaemonOutputTest, LastStderrLineIsTruncated) {
  Begin();
  Write(err_, std::string(4'000, 'x'));
  End();
  EXPECT_EQ(output_.LastStderrLine().size(), DaemonOutput::kMaxLineLength + 3);
}

TEST_F(DaemonOutputTest, ProblemReportsEitherLog) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  Begin();
  Write(out_, "line\n");
  Write(err_, "line\n");
  output_.Look();
  EXPECT_THAT(output_.Problem(), HasSubstr("log stalled: " + Log("web.log") + ": Is a directory"));
  ASSERT_EQ(mkdir((Log("web.err.log") + ".tmp").c_str(), 0755), 0);
  EXPECT_EQ(ReadFile(Log("web.err.log")), "line\n");
}

TEST_F(DaemonOutputTest, FailureToMakeAFifoIsASpawnFailure) {
  ASSERT_EQ(mkdir((fifo_directory_.path() + "/web.err").c_str(), 0755), 0);
  const absl::optional<SpawnFailure> failure = output_.Prepare(spec_);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->stage, "stderr");
  EXPECT_NE(failure->error_number, 0);
}

TEST_F(DaemonOutputTest, NotifiesReadersOfTheEnd) {
  const std::shared_ptr<LogFiles> files = store_.Find("web", OutputStream::kStdout);
  EXPECT_FALSE(files->ended());
  output_.End();
  EXPECT_TRUE(files->ended());
  // Calls after End have no effect.
  output_.Look();
  output_.MainEnded();
  output_.TreeGone();
  EXPECT_EQ(output_.Problem(), "");
}

TEST_F(DaemonOutputTest, UnwrittenOutputSurvivesTheDaemon) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  const std::shared_ptr<LogFiles> files = store_.Find("web", OutputStream::kStdout);
  Begin();
  Write(out_, "last words\n");
  End();
  output_.TreeGone();
  output_.End();
  EXPECT_FALSE(files->ended());
  ASSERT_EQ(rmdir(Log("web.log").c_str()), 0);
  absl::Notification done;
  store_.leftovers().Finish(/*tries=*/1, [&done] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_EQ(ReadFile(Log("web.log")), "last words\n");
  EXPECT_TRUE(files->ended());
  ASSERT_EQ(warnings_.size(), 2);
  EXPECT_THAT(warnings_[0], HasSubstr("web is gone; log stalled: " + Log("web.log")));
  EXPECT_THAT(warnings_[0], HasSubstr("keeping its last 11 bytes"));
}

TEST_F(DaemonOutputTest, LostOutputIsCounted) {
  ASSERT_EQ(mkdir(Log("web.err.log").c_str(), 0755), 0);
  Begin();
  Write(err_, "last words\n");
  End();
  output_.TreeGone();
  output_.End();
  absl::Notification done;
  store_.leftovers().Finish(/*tries=*/1, [&done] { done.Notify(); });
  done.WaitForNotification();
  ASSERT_EQ(warnings_.size(), 2);
  EXPECT_THAT(warnings_[1], HasSubstr("its last 11 bytes are lost"));
}

TEST_F(DaemonOutputTest, ReturningDaemonWritesAfterLeftoverOutput) {
  ASSERT_EQ(mkdir(Log("web.log").c_str(), 0755), 0);
  Begin();
  Write(out_, "one\n");
  End();
  output_.TreeGone();
  output_.End();
  DaemonOutput again("web", &store_, clock_);
  ASSERT_EQ(again.Prepare(spec_), absl::nullopt);
  out_ = OpenAsChild(fifo_directory_.path() + "/web.out");
  Write(out_, "two\n");
  ASSERT_EQ(rmdir(Log("web.log").c_str()), 0);
  clock_.Advance(OutputPump::kRetryInterval);
  again.Look();
  absl::Notification done;
  store_.leftovers().Finish(/*tries=*/1, [&done] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_EQ(ReadFile(Log("web.log")), "one\ntwo\n");
}

TEST_F(DaemonOutputTest, ReportsTheSmallerPipe) {
  Begin();
  // On a machine with very many pipes, this test gets small ones too.
  const int usual = fcntl(err_.get(), F_GETPIPE_SZ);
  EXPECT_EQ(output_.SmallPipe(), usual < 65'536 ? usual : 0);
  ASSERT_EQ(fcntl(err_.get(), F_SETPIPE_SZ, 4096), 4096);
  EXPECT_EQ(output_.SmallPipe(), 4096);
}

TEST_F(DaemonOutputTest, LogsNothingWithoutAStore) {
  DaemonOutput output("web", nullptr, clock_);
  EXPECT_EQ(output.Prepare(spec_), absl::nullopt);
  output.Look();
  output.MainEnded();
  output.TreeGone();
  EXPECT_EQ(output.LastStderrLine(), "");
  EXPECT_EQ(output.NextDeadline(), MonotonicTime::InfiniteFuture());
}

}  // namespace
}  // namespace hob
