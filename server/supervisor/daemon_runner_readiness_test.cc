// Tests the readiness protocols (`ready`, `ready_timeout`, `watchdog`).
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/posix/unique_fd.h"
#include "server/supervisor/testing/runner_harness.h"

namespace hob {
namespace {

using testing::HasSubstr;
using Kind = Command::Kind;

DaemonSpec ByDescriptor() {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kDescriptor;
  spec.ready_fd = 3;
  spec.ready_timeout = absl::Seconds(20);
  return spec;
}

DaemonSpec ByNotify(absl::Duration watchdog) {
  DaemonSpec spec = WebSpec();
  spec.ready = ReadyMode::kNotify;
  spec.ready_timeout = absl::Seconds(20);
  spec.watchdog = watchdog;
  return spec;
}

TEST(DaemonRunnerReadinessTest, ANewlineOnTheDescriptorMakesItRunning) {
  RunnerHarness web(ByDescriptor());
  const Answer start = web.Do(Kind::kStart);
  web.Advance(absl::Seconds(5));
  EXPECT_EQ(web.state(), DaemonState::kStarting);
  ASSERT_TRUE(web.spawner.WriteReady("web", "not yet"));
  web.Settle();
  EXPECT_EQ(web.state(), DaemonState::kStarting);
  ASSERT_TRUE(web.spawner.WriteReady("web", "\n"));
  web.Settle();
  EXPECT_EQ(web.state(), DaemonState::kRunning);
  EXPECT_EQ(web.now().ready_time, web.clock.Now().wall);
  EXPECT_EQ(start.InAWord(), "OK");
  web.Advance(absl::Hours(1));
  EXPECT_EQ(web.state(), DaemonState::kRunning);
}

TEST(DaemonRunnerReadinessTest, WhatIsNotReadyInTimeIsStoppedAndHasFailed) {
  DaemonSpec spec = ByDescriptor();
  spec.restart_policy.restart = RestartMode::kOnFailure;
  RunnerHarness web(spec);
  FakeProgram program;
  program.code_on_signal = 0;
  web.spawner.SetProgram(program);
  const Answer start = web.Do(Kind::kStart);
  EXPECT_EQ(web.runner->NextDeadline(), web.clock.Now().monotonic + absl::Seconds(20));
  web.Advance(absl::Seconds(20));
  EXPECT_EQ(start.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(start.status().message()), HasSubstr("not ready within 20s"));
  EXPECT_EQ(web.now().counts.restarts, 1) << "a failure, though it exited with 0";
  EXPECT_FALSE(web.now().runs->front().exit.requested);
  EXPECT_THAT(web.now().runs->front().exit.verdict, HasSubstr("not ready within 20s"));
  EXPECT_EQ(web.spawner.MostAliveAtOnce("web"), 1);
}

TEST(DaemonRunnerReadinessTest, ADescriptorThatIsClosedWithoutANewlineIsAFailure) {
  RunnerHarness web(ByDescriptor());
  const Answer start = web.Do(Kind::kStart);
  ASSERT_TRUE(web.spawner.CloseReady("web"));
  web.Settle();
  web.Advance(absl::Milliseconds(100));
  EXPECT_EQ(start.InAWord(), "START_FAILED");
  EXPECT_THAT(std::string(start.status().message()), HasSubstr("closed its readiness descriptor"));
}

TEST(DaemonRunnerReadinessTest, AnEndIsTheBetterReasonThanTheDescriptorThatItCloses) {
  RunnerHarness web(ByDescriptor());
  const Answer start = web.Do(Kind::kStart);
  web.Exit(7);
  EXPECT_THAT(std::string(start.status().message()), HasSubstr("exit code 7"));
  EXPECT_EQ(web.now().runs->front().exit.verdict, "");
}

TEST(DaemonRunnerReadinessTest, AReloadMovesTheDeadlineThatRuns) {
  RunnerHarness web(ByDescriptor());
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(5));
  DaemonSpec longer = ByDescriptor();
  longer.ready_timeout = absl::Seconds(40);
  web.Do(Kind::kUpdate, longer);
  web.Advance(absl::Seconds(34));
  EXPECT_EQ(web.state(), DaemonState::kStarting) << "39 of 40 seconds have passed";
  DaemonSpec shorter = ByDescriptor();
  shorter.ready_timeout = absl::Seconds(10);
  web.Do(Kind::kUpdate, shorter);
  EXPECT_EQ(web.now().runs->front().exit.verdict, "it was not ready within 10s");
}

TEST(DaemonRunnerReadinessTest, AReloadDoesNotPutOffTheEndOfWhatCannotBecomeReady) {
  RunnerHarness web(ByDescriptor());
  web.Do(Kind::kBoot);
  ASSERT_TRUE(web.spawner.CloseReady("web"));
  web.Settle();
  DaemonSpec longer = ByDescriptor();
  longer.ready_timeout = absl::Hours(1);
  web.Do(Kind::kUpdate, longer);
  web.Advance(absl::Seconds(1));
  EXPECT_EQ(web.now().runs->front().exit.verdict,
            "it closed its readiness descriptor without a newline");
}

TEST(DaemonRunnerReadinessTest, AReloadMovesTheDeadlineOfTheSuccessorOfWhatCouldNotBecomeReady) {
  RunnerHarness web(ByDescriptor());
  web.Do(Kind::kBoot);
  ASSERT_TRUE(web.spawner.CloseReady("web"));
  web.Settle();
  web.Advance(absl::Seconds(1));
  ASSERT_EQ(web.spawner.Spawned("web"), 2);
  DaemonSpec longer = ByDescriptor();
  longer.ready_timeout = absl::Seconds(40);
  web.Do(Kind::kUpdate, longer);
  web.Advance(absl::Seconds(30));
  EXPECT_EQ(web.state(), DaemonState::kStarting);
  EXPECT_EQ(web.now().counts.exits, 1);
}

TEST(DaemonRunnerReadinessTest, AStopBeforeItIsReadyWins) {
  RunnerHarness web(ByDescriptor());
  FakeProgram program;
  program.dying_takes = absl::Seconds(3);
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  const Answer stop = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(40));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_TRUE(web.now().runs->front().exit.requested);
  EXPECT_EQ(web.state(), DaemonState::kStopped);
}

TEST(DaemonRunnerReadinessTest, AStopOfWhatWasNotReadyInTimeIsStillAFailureAndEndsStopped) {
  RunnerHarness web(ByDescriptor());
  FakeProgram program;
  program.dying_takes = absl::Seconds(3);
  web.spawner.SetProgram(program);
  web.Do(Kind::kBoot);
  web.Advance(absl::Seconds(21));
  ASSERT_EQ(web.state(), DaemonState::kStopping);
  EXPECT_TRUE(web.now().wanted);
  const Answer stop = web.Do(Kind::kStop);
  web.Advance(absl::Seconds(3));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web.state(), DaemonState::kStopped);
  EXPECT_THAT(web.now().runs->front().exit.verdict, HasSubstr("not ready within 20s"));
}

TEST(DaemonRunnerReadinessTest, AFailedSpawnIsNotWaitedFor) {
  RunnerHarness web(ByDescriptor());
  for (int i = 0; i < 3; ++i) web.spawner.FailNextSpawn({"exec", ENOENT, "missing"});
  EXPECT_EQ(web.Do(Kind::kStart).InAWord(), "START_FAILED");
  EXPECT_EQ(web.state(), DaemonState::kHalted);
  EXPECT_EQ(web.runner->NextDeadline(), MonotonicTime::InfiniteFuture());
}

class NotifyTest : public testing::Test {
 protected:
  explicit NotifyTest(const FakeProgram& program = FakeProgram()) {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    web_.context.child_defaults.notify_dir = directory_;
    // Gives the daemon the pid of this process, so that the runner accepts messages from this
    // process.
    web_.spawner.SetNextPid(getpid());
    web_.spawner.SetProgram(program);
    start_ = web_.Do(Kind::kStart);
  }

  ~NotifyTest() override {
    web_.runner = nullptr;
    EXPECT_EQ(rmdir(directory_.c_str()), 0) << "the socket is still there";
  }

  void Send(const std::string& text) {
    SendUnheard(text);
    web_.Settle();
  }

  // Sends a message without a step, so that the runner has not read it yet.
  void SendUnheard(const std::string& text) {
    const std::string prefix = "NOTIFY_SOCKET=";
    std::string path;
    const std::vector<SpawnRequest> requests = web_.spawner.requests();
    for (const std::string& variable : requests.back().environment) {
      if (absl::StartsWith(variable, prefix)) path = variable.substr(prefix.size());
    }
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof(address.sun_path));
    path.copy(address.sun_path, path.size());
    const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address),
                     sizeof(address)),
              text.size());
  }

  // The path of a socket is limited to 107 bytes; the test's own directory could be too long.
  std::string directory_ = "/tmp/hobXXXXXX";
  RunnerHarness web_{ByNotify(absl::Seconds(10))};
  Answer start_;
};

// A NotifyTest with a daemon that survives TERM.
class StubbornNotifyTest : public NotifyTest {
 protected:
  StubbornNotifyTest() : NotifyTest(Program()) {}

 private:
  static FakeProgram Program() {
    FakeProgram program;
    program.survives = {SIGTERM};
    return program;
  }
};

TEST_F(NotifyTest, ReadyMakesItRunning) {
  EXPECT_EQ(web_.state(), DaemonState::kStarting);
  Send("STATUS=warming up");
  EXPECT_EQ(web_.state(), DaemonState::kStarting);
  EXPECT_EQ(web_.now().notes.status_text, "warming up");
  Send("READY=1\nSTATUS=serving");
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(web_.now().notes.status_text, "serving");
  EXPECT_EQ(start_.InAWord(), "OK");
}

TEST_F(NotifyTest, WhatAStrangerSendsIsNotHeard) {
  web_.Exit(1);  // The successor has another pid.
  ASSERT_EQ(web_.state(), DaemonState::kStarting);
  Send("READY=1");
  EXPECT_EQ(web_.state(), DaemonState::kStarting);
}

TEST_F(NotifyTest, AnExtendedTimeoutIsWaitedFor) {
  web_.Advance(absl::Seconds(19));
  Send("EXTEND_TIMEOUT_USEC=5000000");
  web_.Advance(absl::Milliseconds(4999));
  EXPECT_EQ(web_.now().counts.exits, 0);
  web_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web_.now().counts.exits, 1);
}

TEST_F(StubbornNotifyTest, AnExtendedTimeoutPutsOffTheKillOfAStop) {
  Send("READY=1");
  const Answer stop = web_.Do(Kind::kStop);
  web_.Advance(absl::Seconds(9));
  Send("EXTEND_TIMEOUT_USEC=30000000");
  web_.Advance(absl::Milliseconds(29999));
  EXPECT_EQ(stop.count(), 0);
  EXPECT_EQ(web_.Signals(), "15 18");
  web_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web_.Signals(), "15 18 9");
}

TEST_F(StubbornNotifyTest, AnExtensionThatEndsBeforeTheTimeoutShortensNothing) {
  Send("READY=1");
  const Answer stop = web_.Do(Kind::kStop);
  Send("EXTEND_TIMEOUT_USEC=1000000");
  web_.Advance(absl::Milliseconds(9999));
  EXPECT_EQ(stop.count(), 0);
  web_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(stop.InAWord(), "OK");
}

// A NotifyTest with a daemon whose main process ends on TERM, and whose helper does not.
class HelperNotifyTest : public NotifyTest {
 protected:
  HelperNotifyTest() : NotifyTest(Program()) {}

 private:
  static FakeProgram Program() {
    FakeProgram program;
    program.has_children = true;
    return program;
  }
};

TEST_F(HelperNotifyTest, AHelperThatIsStillBusyMayAskForMoreTime) {
  Send("READY=1");
  const Answer stop = web_.Do(Kind::kStop);
  ASSERT_EQ(web_.state(), DaemonState::kClearing);
  web_.Advance(absl::Seconds(9));
  Send("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=saving");
  EXPECT_EQ(web_.now().notes.status_text, "saving");
  web_.Advance(absl::Milliseconds(29999));
  EXPECT_EQ(stop.count(), 0);
  web_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(stop.InAWord(), "OK");
}

constexpr pid_t kSuccessor = 4711;

// A NotifyTest with a daemon that may name another main process.
class UpgradingNotifyTest : public NotifyTest {
 protected:
  UpgradingNotifyTest() : NotifyTest(Program()) {}

 private:
  static FakeProgram Program() {
    FakeProgram program;
    program.successor = kSuccessor;
    return program;
  }
};

TEST_F(UpgradingNotifyTest, TheMainProcessThatItNamesIsItsMainProcess) {
  Send("READY=1\nMAINPID=4711");
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(web_.now().pid, kSuccessor);
  EXPECT_EQ(web_.now().counts.exits, 0);
  web_.Exit(3);
  EXPECT_EQ(web_.now().counts.exits, 1);
  EXPECT_EQ(web_.now().runs->front().pid, kSuccessor);
}

TEST_F(UpgradingNotifyTest, WhatItNamedBeforeItsEndIsHeardBeforeThat) {
  Send("READY=1");
  SendUnheard("MAINPID=4711");
  ASSERT_TRUE(web_.spawner.End("web", ExitedWithCode{0}));
  web_.Settle();
  EXPECT_EQ(web_.now().runs->front().pid, kSuccessor);
}

TEST_F(UpgradingNotifyTest, AStrangerIsNoMainProcess) {
  const pid_t pid = web_.now().pid;
  Send("READY=1\nMAINPID=1");
  EXPECT_EQ(web_.state(), DaemonState::kRunning) << "the rest is heard";
  EXPECT_EQ(web_.now().pid, pid);
}

TEST_F(UpgradingNotifyTest, NothingIsNamedDuringAStop) {
  Send("READY=1");
  const pid_t pid = web_.now().pid;
  SendUnheard("MAINPID=4711");
  const Answer stop = web_.Do(Kind::kStop);
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web_.now().runs->front().pid, pid);
}

TEST_F(NotifyTest, OfTwoExtensionsTheLaterEndCounts) {
  SendUnheard("EXTEND_TIMEOUT_USEC=60000000");
  Send("EXTEND_TIMEOUT_USEC=1000000");
  web_.Advance(absl::Milliseconds(59999));
  EXPECT_EQ(web_.now().counts.exits, 0);
  web_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web_.now().counts.exits, 1);
}

TEST_F(NotifyTest, AShorterTimeoutInTheConfigurationLeavesALongerExtension) {
  Send("EXTEND_TIMEOUT_USEC=60000000");
  Send("EXTEND_TIMEOUT_USEC=1000000");
  web_.Do(Kind::kUpdate, ByNotify(absl::Seconds(5)));
  web_.Advance(absl::Milliseconds(59999));
  EXPECT_EQ(web_.now().counts.exits, 0);
}

TEST_F(NotifyTest, WhatSaysThatItStopsIsNotReadyAnyMoreAndRunsOn) {
  Send("READY=1");
  Send("STOPPING=1");
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_FALSE(web_.now().ready);
  EXPECT_EQ(web_.now().reason, "it says that it is stopping");
}

TEST_F(StubbornNotifyTest, WordsOfWhatIsBeingStoppedAnywayChangeNothing) {
  Send("READY=1");
  const Answer stop = web_.Do(Kind::kStop);
  const std::string reason = web_.now().reason;
  for (const char* words : {"READY=1", "STOPPING=1", "WATCHDOG=1", "WATCHDOG=trigger"}) {
    Send(words);
    EXPECT_EQ(web_.state(), DaemonState::kStopping) << words;
    EXPECT_EQ(web_.now().reason, reason) << words;
  }
  EXPECT_EQ(web_.Signals(), "15 18");
  web_.Advance(absl::Seconds(10));
  EXPECT_EQ(stop.InAWord(), "OK");
  EXPECT_EQ(web_.now().runs->front().exit.verdict, "");
}

TEST_F(NotifyTest, TheSameStatusAgainIsNoChange) {
  Send("STATUS=warming up");
  const int64_t sequence = web_.registry.latest_sequence();
  Send("STATUS=warming up");
  EXPECT_EQ(web_.registry.latest_sequence(), sequence);
}

TEST_F(NotifyTest, WithoutADirectoryForItsSocketItIsNotStarted) {
  web_.context.child_defaults.notify_dir = "/dev/null/notify";
  web_.Exit(0);
  const auto* failure = absl::get_if<SpawnFailure>(&web_.now().runs->front().exit.end);
  ASSERT_NE(failure, nullptr) << DescribeEnd(web_.now().runs->front().exit.end);
  EXPECT_EQ(failure->error_number, ENOTDIR);
  EXPECT_THAT(failure->message, HasSubstr("/dev/null/notify"));
}

TEST_F(NotifyTest, AWatchdogThatIsFedIsQuiet) {
  Send("READY=1");
  for (int i = 0; i < 5; ++i) {
    web_.Advance(absl::Seconds(9));
    Send("WATCHDOG=1");
  }
  EXPECT_EQ(web_.state(), DaemonState::kRunning);
  EXPECT_EQ(web_.now().counts.exits, 0);
}

TEST_F(NotifyTest, SilenceForLongerThanTheWatchdogIsAFailureThatEndsByAbort) {
  Send("READY=1");
  EXPECT_EQ(web_.runner->NextDeadline(), web_.clock.Now().monotonic + absl::Seconds(10));
  web_.Advance(absl::Seconds(10));
  ASSERT_EQ(web_.now().counts.exits, 1);
  const ExitReport& exit = web_.now().runs->front().exit;
  EXPECT_EQ(absl::get<KilledBySignal>(exit.end).signal, SIGABRT);
  EXPECT_THAT(exit.verdict, HasSubstr("watchdog of 10s"));
  EXPECT_FALSE(exit.requested);
  EXPECT_EQ(web_.now().counts.restarts, 1);
}

TEST_F(NotifyTest, ATriggeredWatchdogIsTheSame) {
  Send("READY=1");
  Send("WATCHDOG=trigger");
  ASSERT_EQ(web_.now().counts.exits, 1);
  EXPECT_THAT(web_.now().runs->front().exit.verdict, HasSubstr("triggered its own watchdog"));
}

TEST_F(NotifyTest, AWatchdogThatAReloadTurnsOffBarksNoMore) {
  Send("READY=1");
  web_.Do(Kind::kUpdate, ByNotify(absl::ZeroDuration()));
  web_.Advance(absl::Hours(1));
  EXPECT_EQ(web_.now().counts.exits, 0);
}

TEST_F(NotifyTest, AWatchdogThatAReloadLengthensCountsFromThere) {
  Send("READY=1");
  web_.Advance(absl::Seconds(9));
  web_.Do(Kind::kUpdate, ByNotify(absl::Seconds(30)));
  web_.Advance(absl::Seconds(30) - absl::Milliseconds(1));
  EXPECT_EQ(web_.now().counts.exits, 0);
  web_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(web_.now().counts.exits, 1);
}

}  // namespace
}  // namespace hob
