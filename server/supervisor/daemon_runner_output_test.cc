// Tests the reports about a daemon whose output cannot be kept (`log_problem`).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/output/log_store.h"
#include "server/posix/unique_fd.h"
#include "server/supervisor/testing/runner_harness.h"
#include "server/testing/test_directory.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;

class DaemonRunnerOutputTest : public testing::Test {
 protected:
  DaemonRunnerOutputTest() {
    web_.context.logs = &store_;
    web_.runner = nullptr;
    web_.runner =
        std::make_unique<DaemonRunner>(std::make_shared<const DaemonSpec>(WebSpec()), web_.context);
  }

  // Writes `text` to the FIFO of stdout, as the instance would.
  void Write(const std::string& text) {
    const std::string path = store_.FifoPathOf("web", OutputStream::kStdout);
    const UniqueFd fifo(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    ASSERT_EQ(write(fifo.get(), text.data(), text.size()), text.size());
    web_.Settle();
  }

  TestDirectory logs_;
  TestDirectory fifos_;
  LogStore store_{{logs_.path(), fifos_.path()}};
  RunnerHarness web_;
};

TEST_F(DaemonRunnerOutputTest, ALogThatCannotBeWrittenIsToldOnceAndUntilItIsWritten) {
  const std::string log = logs_.PathOf("web.log");
  ASSERT_EQ(mkdir(log.c_str(), 0700), 0);
  web_.Do(Kind::kStart);
  EXPECT_EQ(web_.now().notes.log_problem, "");
  Write("one\n");
  EXPECT_THAT(web_.now().notes.log_problem, HasSubstr(log));
  EXPECT_EQ(web_.now().counts.log_stalls, 1);
  const int64_t sequence = web_.registry.latest_sequence();
  web_.Advance(absl::Seconds(30));
  EXPECT_EQ(web_.registry.latest_sequence(), sequence) << "nothing has changed";
  ASSERT_EQ(rmdir(log.c_str()), 0);
  web_.Advance(absl::Seconds(1));
  EXPECT_EQ(web_.now().notes.log_problem, "");
  EXPECT_EQ(web_.now().counts.log_stalls, 1);
}

TEST_F(DaemonRunnerOutputTest, ALogThatIsWrittenWhenAStartFailsIsNotToldToStandStill) {
  DaemonSpec spec = WebSpec();
  spec.restart_policy.restart = RestartMode::kNever;
  web_.Do(Kind::kUpdate, spec);
  const std::string log = logs_.PathOf("web.log");
  ASSERT_EQ(mkdir(log.c_str(), 0700), 0);
  web_.Do(Kind::kStart);
  Write("one\n");
  web_.Do(Kind::kStop);
  EXPECT_NE(web_.now().notes.log_problem, "");
  ASSERT_EQ(rmdir(log.c_str()), 0);
  web_.spawner.FailNextSpawn({"exec", ENOENT, "missing"});
  EXPECT_EQ(web_.Do(Kind::kStart).InAWord(), "START_FAILED");
  EXPECT_EQ(web_.state(), DaemonState::kExited);
  EXPECT_EQ(web_.now().notes.log_problem, "");
}

TEST_F(DaemonRunnerOutputTest, WithoutAFifoItIsNotStarted) {
  ASSERT_EQ(rmdir(fifos_.path().c_str()), 0);
  ASSERT_EQ(close(open(fifos_.path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
  web_.Do(Kind::kStart);
  const auto* failure = absl::get_if<SpawnFailure>(&web_.now().runs->front().exit.end);
  ASSERT_NE(failure, nullptr) << DescribeEnd(web_.now().runs->front().exit.end);
  EXPECT_THAT(failure->message, HasSubstr(fifos_.path()));
  EXPECT_EQ(web_.spawner.Spawned("web"), 0);
  ASSERT_EQ(unlink(fifos_.path().c_str()), 0);
  ASSERT_EQ(mkdir(fifos_.path().c_str(), 0700), 0);
}

}  // namespace
}  // namespace hob
